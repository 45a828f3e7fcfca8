/** The browser's side of the home page: the clock's events, the upload's progress, the open lists. */

export const script: string = String.raw`
const element = (id) => document.getElementById(id);

// The clock
const events = new EventSource("clock");
let ticks = 0;

events.addEventListener("message", ({ data }) => {
  ticks += 1;
  element("clock").dateTime = data;
  element("clock").textContent = data.slice(11, 19);
  element("clock-state").textContent =
    "UTC, from the server · " + ticks + (ticks === 1 ? " event" : " events");
});

events.addEventListener("error", () => {
  element("clock-state").textContent = "Out of touch with the server, trying again";
});

// The upload
let transfer;

element("file").addEventListener("change", ({ target }) => {
  if (target.files.length > 0) send(target.files[0]);
  target.value = "";
});

const drop = element("drop");
for (const type of ["dragenter", "dragover"]) {
  drop.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const type of ["dragleave", "drop"]) {
  drop.addEventListener(type, () => drop.classList.remove("over"));
}
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length > 0) send(event.dataTransfer.files[0]);
});

function send(file) {
  transfer?.abort();
  transfer = new XMLHttpRequest();
  const { upload } = transfer;

  element("upload").hidden = false;
  element("upload-name").textContent = file.name;
  element("upload-state").textContent = "Sending";
  progress(0, file.size);

  upload.addEventListener("progress", ({ loaded }) => progress(loaded, file.size));
  transfer.addEventListener("load", ({ target }) => {
    if (target.status !== 200) return failed("The server answered " + target.status + ".");
    progress(file.size, file.size);
    hashed(target.response);
  });
  transfer.addEventListener("error", () => failed("The upload was cut off."));

  transfer.open("POST", "upload");
  transfer.responseType = "json";
  transfer.setRequestHeader("Content-Type", "application/octet-stream");
  transfer.send(file);
}

function progress(loaded, total) {
  const percent = total === 0 ? 100 : Math.min(100, 100 * loaded / total);
  element("progress").value = percent;
  element("percent").textContent = size(loaded) + " of " + size(total);
}

function hashed(answer) {
  const list = document.createElement("dl");
  for (const [name, value] of [
    ["Size", answer.size.toLocaleString("en") + " bytes"],
    ["SHA-256", answer.sha256],
  ]) {
    const row = list.appendChild(document.createElement("div"));
    row.appendChild(document.createElement("dt")).textContent = name;
    row.appendChild(document.createElement("dd")).textContent = value;
  }
  element("upload-state").replaceChildren(list);
}

function failed(text) {
  element("upload-state").textContent = text;
}

// The lists, which a phone keeps folded
if (matchMedia("(min-width: 44rem)").matches) {
  for (const list of document.querySelectorAll("details")) list.open = true;
}

function size(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit += 1;
  }
  return (unit === 0 ? bytes : bytes.toFixed(1)) + " " + units[unit];
}
`;
