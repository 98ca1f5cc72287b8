"use strict";
// Adds to a page that is whole without it: unfolding at once, the way to a folded anchor, the other theme.
(() => {
  const root = document.documentElement;
  const folds = [...document.querySelectorAll("main details")];

  const button = (text, place, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", () => act());
    place.append(made);
    return made;
  };
  const tools = (section) => {
    const place = document.createElement("div");
    place.className = "tools";
    document.querySelector(`#${section} > h2`).after(place);
    return place;
  };

  const unfold = () => {
    const found = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = found && found.closest("details");
    if (fold) {
      for (let one = fold; one; one = one.parentElement.closest("details")) one.open = true;
      found.scrollIntoView();
    }
  };
  addEventListener("hashchange", unfold);
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) unfold();
  });

  const steps = tools("steps");
  button("Unfold all", steps, () => folds.forEach((fold) => { fold.open = true; }));
  button("Fold all", steps, () => folds.forEach((fold) => { fold.open = false; }));
  button("Light or dark", document.querySelector("nav"), () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = folds.filter((fold) => !fold.open);
    folded.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((fold) => { fold.open = false; }));
  unfold();
})();
