// A confusion matrix whose cells show the sounds behind them: pointing or moving the focus shows them, a click or Enter
// keeps them and plays the first.
"use strict";
(() => {
  for (const section of document.querySelectorAll("section.confusion")) {
    const { cells, clips } = JSON.parse(section.querySelector("script[data-of=confusion]").textContent);
    const grid = section.querySelector(".matrix"), list = section.querySelector(".sounds-list");
    const title = section.querySelector(".sounds-title"), onHover = section.querySelector(".on-hover");
    const buttons = [...grid.querySelectorAll("button[data-cell]")];
    const n = grid.tBodies[0].rows[0].querySelectorAll("button").length;
    let shown = null, kept = null;

    const show = (button) => {
      if (shown === button) return;
      shown = button;
      window.oscineClips.stop();
      title.textContent = button.getAttribute("aria-label");
      const mine = cells[button.dataset.cell] || [];
      list.replaceChildren(...mine.map((number) => window.oscineClips.element(clips[number])));
    };
    const playFirst = () => list.firstElementChild && window.oscineClips.play(list.firstElementChild);
    const keep = (button) => {
      for (const other of buttons) other.removeAttribute("aria-pressed");
      kept = button;
      if (button) button.setAttribute("aria-pressed", "true");
    };

    buttons.forEach((button, place) => {
      button.addEventListener("pointerenter", () => {
        if (kept) return;
        show(button);
        if (onHover.checked) playFirst();
      });
      button.addEventListener("focus", () => {
        if (!kept) show(button);
      });
      button.addEventListener("click", () => {
        if (kept === button) { keep(null); window.oscineClips.stop(); return; }
        keep(button);
        show(button);
        playFirst();
      });
      button.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: n, ArrowUp: -n }[event.key];
        if (event.key === "Escape") { keep(null); window.oscineClips.stop(); }
        if (step === undefined) return;
        const across = Math.abs(step) === 1;
        const next = buttons[place + step];
        if (!next || (across && Math.floor((place + step) / n) !== Math.floor(place / n))) return;
        event.preventDefault();
        button.tabIndex = -1;
        next.tabIndex = 0;
        keep(null);
        next.focus();
      });
    });
    const heard = buttons.filter((button) => (cells[button.dataset.cell] || []).length);
    const first = heard.find((button) => button.classList.contains("wrong")) || heard[0];
    if (first) show(first);
    section.dataset.ready = "";
  }
})();
