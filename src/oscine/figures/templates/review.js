// Pictures and players on the cards of a review; each part has the clips of its own cards.
"use strict";
for (const script of document.querySelectorAll("script[data-of=review]")) {
  const clips = JSON.parse(script.textContent).clips;
  for (const [number, clip] of Object.entries(clips)) {
    const place = document.querySelector(`.cards [data-clip="${number}"]`);
    if (place) place.replaceChildren(window.oscineClips.element(clip));
  }
}
