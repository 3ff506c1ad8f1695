// @ts-check
/** Says so when a device refuses a passkey, or somebody closes its window; allauth's scripts only raise an event. */
import { readStrings } from "./strings.js";
import { toast } from "./toast.js";

const words = readStrings("passkey-strings");

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  toast(words("refused"), { tone: "bad", key: "passkey" });
});
