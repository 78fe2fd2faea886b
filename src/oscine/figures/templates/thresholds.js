// Sliders for thresholds: each moves its label's dot along its curve and tells what that threshold does. Data of a label:
// { l: label, c: colour, n: true frames, t: thresholds (descending), tp, np: true and all frames predicted at each, x: chosen }.
"use strict";
(() => {
  const SIDE = 360, space = "http://www.w3.org/2000/svg";
  const draw = (name, attributes, parent, text) => {
    const element = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  const rate = (value) => (Number.isFinite(value) ? value.toFixed(3) : "–");
  const whole = (value) => value.toLocaleString("en").replaceAll(",", "\u202f");
  const at = (curve, threshold) => {
    let low = 0, high = curve.t.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (curve.t[middle] >= threshold) low = middle + 1; else high = middle;
    }
    const tp = low ? curve.tp[low - 1] : 0, np = low ? curve.np[low - 1] : 0;
    return { precision: tp / np, recall: tp / curve.n, f1: (2 * tp) / (np + curve.n), missed: curve.n - tp, invented: np - tp };
  };
  const axes = (svg) => {
    for (const value of [0, 0.25, 0.5, 0.75, 1]) {
      const place = SIDE * value;
      draw("line", { x1: place, x2: place, y1: 0, y2: SIDE, stroke: "var(--grid)" }, svg);
      draw("line", { x1: 0, x2: SIDE, y1: place, y2: place, stroke: "var(--grid)" }, svg);
      draw("text", { x: place, y: SIDE + 16, "text-anchor": "middle" }, svg, value);
      draw("text", { x: -8, y: SIDE - place + 4, "text-anchor": "end" }, svg, value);
    }
    draw("text", { x: SIDE / 2, y: SIDE + 34, "text-anchor": "middle" }, svg, "recall");
    draw("text", { x: -SIDE / 2, y: -34, "text-anchor": "middle", transform: "rotate(-90)" }, svg, "precision");
  };
  const path = (curve) => {
    let before = null;
    return curve.t.map((_, i) => {
      const x = (SIDE * curve.tp[i]) / curve.n, y = SIDE * (1 - curve.tp[i] / curve.np[i]);
      const piece = before === null ? `M0 ${y.toFixed(1)}H${x.toFixed(1)}` : `V${y.toFixed(1)}H${x.toFixed(1)}`;
      before = y;
      return piece;
    }).join("");
  };
  for (const section of document.querySelectorAll("section.thresholds")) {
    const curves = JSON.parse(section.querySelector("script[data-of=thresholds]").textContent);
    const svg = section.querySelector("svg");
    axes(svg);
    const rows = curves.map((curve, number) => {
      const row = section.querySelector(`tr[data-row="${number}"]`), slider = row.querySelector("input");
      const known = curve.n > 0;
      const line = draw("path", { d: known ? path(curve) : "", stroke: curve.c }, svg);
      const dot = draw("circle", { r: 5.5, fill: curve.c, stroke: "var(--paper)", "stroke-width": 1.5 }, svg);
      const set = (threshold) => {
        const found = at(curve, threshold);
        slider.value = threshold;
        row.querySelector("[data-field=value]").textContent = threshold.toFixed(3);
        for (const field of ["precision", "recall", "f1"]) row.querySelector(`[data-field=${field}]`).textContent = rate(found[field]);
        for (const field of ["missed", "invented"]) row.querySelector(`[data-field=${field}]`).textContent = whole(found[field]);
        const visible = known && Number.isFinite(found.precision);
        dot.setAttribute("visibility", visible ? "visible" : "hidden");
        if (visible) {
          dot.setAttribute("cx", SIDE * found.recall);
          dot.setAttribute("cy", SIDE * (1 - found.precision));
        }
      };
      const lift = (on) => {
        row.classList.toggle("chosen", on);
        for (const other of svg.querySelectorAll("path, circle")) other.classList.toggle("faint", on && other !== line && other !== dot);
      };
      slider.addEventListener("input", () => set(Number(slider.value)));
      for (const [name, on] of [["focusin", true], ["focusout", false], ["pointerenter", true], ["pointerleave", false]]) row.addEventListener(name, () => lift(on));
      const reset = () => set(curve.x === null ? 0.5 : curve.x);
      reset();
      return { set, reset };
    });
    section.querySelector(".all").addEventListener("input", (event) => rows.forEach((row) => row.set(Number(event.target.value))));
    section.querySelector(".reset").addEventListener("click", () => rows.forEach((row) => row.reset()));
    section.dataset.ready = "";
  }
})();
