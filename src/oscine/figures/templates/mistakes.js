// Pictures and players in the list of mistakes: the clips are those of the confusion matrix on the same page.
"use strict";
(() => {
  const data = document.querySelector("script[data-of=confusion]");
  const clips = data ? JSON.parse(data.textContent).clips : {};
  for (const cell of document.querySelectorAll("section.mistakes td[data-clip]")) {
    const clip = clips[cell.dataset.clip];
    if (clip) cell.replaceChildren(window.oscineClips.element(clip));
  }
})();
