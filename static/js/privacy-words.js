// @ts-check
/** What is selected in a text goes into the field that asks which words were missed. */
document.addEventListener("selectionchange", () => {
  const selection = document.getSelection();
  const words = selection?.toString().trim() ?? "";
  const from = selection?.anchorNode?.parentElement?.closest("[data-words-from]");
  if (!words || words.length > 500 || !from) return;
  const around = from.closest(".card")?.querySelector("[data-words]") ?? document.querySelector("[data-words]");
  if (around instanceof HTMLInputElement) around.value = words;
});
