"use strict";
(() => {
  const table = document.getElementById("patients");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const show = document.getElementById("show");
  const said = document.getElementById("said");
  let sorted = "", unsaved = false;

  const box = (row) => row.querySelector(".reject input[type=checkbox]");
  const reason = (row) => row.querySelector(".reject input[type=text]");
  const rejected = () => rows.filter((row) => box(row).checked);

  function tell(more = "") {
    const shown = rows.filter((row) => !row.hidden).length;
    const parts = [`${shown} of ${rows.length} patients shown`, sorted, `${rejected().length} rejected`, more];
    said.textContent = parts.filter(Boolean).join("; ");
  }

  // Sorting. A blank comes last whichever way; rows that are equal keep the order they have.
  function sort(header, column) {
    const up = header.getAttribute("aria-sort") !== "ascending";
    const text = header.dataset.sort === "text";
    const value = (row) => row.cells[column].dataset.value;
    const compare = text
      ? (a, b) => a.localeCompare(b, undefined, { numeric: true })
      : (a, b) => Number(a) - Number(b);
    const order = [...body.rows].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (a === "" || b === "") return (a === "") - (b === "");
      return up ? compare(a, b) : compare(b, a);
    });
    body.append(...order);
    table.querySelectorAll("[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", up ? "ascending" : "descending");
    sorted = `sorted by ${header.textContent.trim()}, ${up ? "lowest" : "highest"} first`;
    tell();
  }

  // The columns of figures stand between the four first columns and the last; their titles are in the second row.
  const [above, below] = [...table.tHead.rows].map((row) => [...row.cells]);
  const single = above.filter((header) => header.rowSpan === 2);
  const titles = [...single.slice(0, -1), ...below, single.at(-1)];
  titles.forEach((header, column) => {
    if (!header.dataset.sort) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(header, column));
    header.append(button);
  });

  function filter() {
    const wanted = show.value;
    for (const row of rows) {
      const is = row.dataset.is.split(" ");
      row.hidden = wanted === "rejected" ? !box(row).checked : wanted !== "" && !is.includes(wanted);
    }
    tell();
  }
  show.addEventListener("change", filter);

  // Reviewing. Who gives a reason means to reject.
  body.addEventListener("input", (event) => {
    const row = event.target.closest("tr");
    if (!event.target.closest(".reject")) return;
    if (event.target === reason(row) && reason(row).value.trim()) box(row).checked = true;
    reason(row).removeAttribute("aria-invalid");
    unsaved = true;
    tell();
  });

  const quoted = (text) => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const review = () =>
    [["patient_id", "reason"], ...rejected().map((row) => [row.dataset.patient, reason(row).value.trim()])]
      .map((cells) => cells.map(quoted).join(",") + "\n")
      .join("");

  document.getElementById("download").addEventListener("click", () => {
    const missing = rejected().filter((row) => !reason(row).value.trim());
    missing.forEach((row) => reason(row).setAttribute("aria-invalid", "true"));
    if (missing.length) {
      show.value = "rejected";
      filter();
      reason(missing[0]).focus();
      tell(`not downloaded: give a reason for ${missing.map((row) => row.dataset.patient).join(", ")}`);
      return;
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([review()], { type: "text/csv" }));
    link.download = "review.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    unsaved = false;
    tell("review.csv downloaded");
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  // Pictures: one patient's by a click, all by the box.
  document.getElementById("large").addEventListener("change", (event) => {
    rows.forEach((row) => row.classList.toggle("large", event.target.checked));
  });
  body.addEventListener("click", (event) => {
    if (event.target.matches(".pictures img")) event.target.closest("tr").classList.toggle("large");
  });

  document.querySelectorAll("[data-script]").forEach((part) => (part.hidden = false));
  document.body.classList.add("scripted");
  filter();
})();
