/** Computes the cost of each order, and the total so far. */

/** Turns each line with an order into a line with its cost; skips blank lines. */
export function answerOrders(): TransformStream<string, string> {
  let line = 0;
  let total = 0;
  return new TransformStream({
    transform(text, controller) {
      line += 1;
      if (text.trim() === "") return;
      const order = parse(text);
      if (order === undefined) {
        controller.enqueue(answer({ line, error: "not an order: {item, quantity, price}" }));
        return;
      }
      const cost = order.quantity * order.price;
      total += cost;
      controller.enqueue(answer({ line, item: order.item, cost, total }));
    },
  });
}

interface Order {
  readonly item: string;
  readonly quantity: number;
  readonly price: number;
}

function parse(text: string): Order | undefined {
  try {
    const order: unknown = JSON.parse(text);
    return isOrder(order) ? order : undefined;
  } catch {
    return undefined;
  }
}

function isOrder(value: unknown): value is Order {
  if (typeof value !== "object" || value === null) return false;
  const { item, quantity, price } = value as Partial<Record<keyof Order, unknown>>;
  return typeof item === "string" && typeof quantity === "number" && typeof price === "number";
}

function answer(fields: Readonly<Record<string, string | number>>): string {
  return `${JSON.stringify(fields)}\n`;
}
