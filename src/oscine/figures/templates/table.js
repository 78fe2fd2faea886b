// Tables with the attribute data-sortable are sorted by a click on a heading: up, then down. Numbers (data-value) are
// compared as such, and what has none stays at the end.
"use strict";
(() => {
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };
  const compare = (a, b) => {
    const numbers = typeof a === "number", others = typeof b === "number";
    if (numbers && others) return a - b;
    if (numbers !== others) return numbers ? -1 : 1;
    return a.localeCompare(b, undefined, { numeric: true });
  };
  const sort = (table, column, heading) => {
    const down = heading.getAttribute("aria-sort") !== "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, value: key(row, column) }));
    const known = ({ value }) => typeof value === "number" || (value !== "–" && value !== "");
    rows.sort((a, b) => (known(b) - known(a)) || (down ? -1 : 1) * compare(a.value, b.value));
    body.append(...rows.map(({ row }) => row));
  };
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(table, column, heading));
    });
  }
})();
