// Sounds to see and to hear. window.oscineClips.element(clip) makes a button that shows the spectrogram of a clip
// { p: picture, s: sound, b: begin, e: end, d: duration (s), v: speed, t: text } and plays it; one plays at a time.
"use strict";
window.oscineClips = (() => {
  let audio = null, playing = null;
  const stop = () => {
    if (audio) audio.pause();
    if (playing) playing.removeAttribute("data-playing");
    audio = playing = null;
  };
  const follow = (button, head, current) => {
    if (audio !== current) { head.style.opacity = 0; return; }
    head.style.opacity = 1;
    head.style.left = `${Math.min(100, (100 * current.currentTime) / (current.duration || 1))}%`;
    requestAnimationFrame(() => follow(button, head, current));
  };
  const play = (button) => {
    const again = playing === button;
    stop();
    if (again) return;
    const current = new Audio(button.clip.s);
    audio = current;
    playing = button;
    button.setAttribute("data-playing", "");
    current.addEventListener("ended", () => { if (audio === current) stop(); });
    current.play().then(() => follow(button, button.querySelector(".head"), current)).catch(stop);
  };
  const element = (clip) => {
    const button = document.createElement("button"), picture = document.createElement("span");
    const image = document.createElement("img"), head = document.createElement("span");
    const text = document.createElement("span");
    button.type = "button";
    button.className = "clip";
    button.clip = clip;
    picture.className = clip.e > clip.b ? "picture" : "picture event";
    picture.style.setProperty("--begin", clip.b);
    picture.style.setProperty("--end", clip.e);
    image.src = clip.p;
    image.alt = "";
    head.className = "head";
    text.className = "text";
    text.textContent = clip.t;
    picture.append(image, head);
    button.append(picture, text);
    button.setAttribute("aria-label", `play: ${clip.t}`);
    button.addEventListener("click", () => play(button));
    return button;
  };
  return { element, play, stop };
})();
