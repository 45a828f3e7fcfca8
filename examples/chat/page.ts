/** The page of the chat, with its client. */

export const page = `<!doctype html>
<title>Chat</title>
<ul id="texts"></ul>
<form><input name="text" autocomplete="off" autofocus></form>
<script>
  let socket;
  function connect() {
    socket = new WebSocket(location.origin.replace("http", "ws") + "/rooms/lobby");
    socket.onmessage = ({ data }) => {
      document.querySelector("#texts").append(Object.assign(document.createElement("li"), { textContent: data }));
    };
    socket.onclose = () => setTimeout(connect, 1000);
  }
  connect();
  document.forms[0].onsubmit = (event) => {
    event.preventDefault();
    socket.send(event.target.text.value);
    event.target.reset();
  };
</script>
`;
