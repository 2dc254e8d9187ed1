// A figure is a link to itself at full size. Readers who ask their system for less motion get the
// first frame of a film; the link plays it.
addEventListener("load", () => {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const image of document.querySelectorAll("article img")) {
    let shown = image;
    if (still && image.classList.contains("film")) {
      shown = document.createElement("canvas");
      [shown.width, shown.height] = [image.naturalWidth, image.naturalHeight];
      shown.getContext("2d").drawImage(image, 0, 0);
      shown.setAttribute("role", "img");
      shown.setAttribute("aria-label", image.alt);
      image.replaceWith(shown);
    }
    if (shown.closest("a")) continue;
    const link = document.createElement("a");
    link.href = image.src;
    link.className = "figure-link";
    shown.replaceWith(link);
    link.append(shown);
  }
});
