/* Texts that stick out of a box that they stand in, or that are cut by it: at most eight, as words for a person. */
() => {
  const SLACK = 1.5;
  const scrolls = (style) => ["auto", "scroll"].includes(style.overflowX);
  const name = (one) => one.outerHTML.replace(/\s+/g, " ").slice(0, 110);

  /* A box that scrolls, that says with an ellipsis that there is more, or that only a screen reader sees. */
  const meant = (box, style) =>
    scrolls(style) || (style.textOverflow === "ellipsis" && box.title) || style.clipPath !== "none";
  const floats = (style) => ["absolute", "fixed"].includes(style.position);

  const problem = (text, rects) => {
    for (let box = text.parentElement; box && box !== document.documentElement; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (style.display === "inline" || style.display === "contents") continue;
      if (meant(box, style)) return null;
      const edge = box.getBoundingClientRect();
      const cuts = style.overflowY === "hidden" || style.overflowY === "clip";
      for (const rect of rects) {
        const beside = rect.left < edge.left - SLACK || rect.right > edge.right + SLACK;
        const below = cuts && rect.bottom > edge.bottom + 3;
        if (beside || below) return `“${text.data.trim().slice(0, 40)}” ${beside ? "beside" : "below"} ${name(box)}`;
      }
      if (floats(style)) return null;
    }
    return null;
  };

  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text && found.size < 8; text = walker.nextNode()) {
    const parent = text.parentElement;
    if (!text.data.trim() || parent.closest("svg, script, style, template, option, textarea")) continue;
    if (!parent.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const said = problem(text, [...range.getClientRects()].filter((rect) => rect.width > 0));
    if (said) found.add(said);
  }
  return [...found];
}
