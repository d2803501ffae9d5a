import { render } from "preact";
import { App } from "./app";
import { wedgeStart } from "./wedge";

/* What was handed over is taken out of the address before anything else happens. */
const handed = location.hash.slice(1);
if (location.hash !== "") history.replaceState(null, "", location.pathname);

/* A page that the browser kept alive behind the person's back starts anew. */
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

wedgeStart();
render(<App handed={handed} />, document.body);
