// The text of the cells of the runs table, and what a screen reader says of them.

const LONG_TEXT = 200;

/** The text of a cell as shown, whole on hover, and what a screen reader adds. */
function cellContent(table, column, row, now) {
  if (column.kind === "text") {
    const text = column.text(row);
    return text === null ? missing() : { text: text.length > LONG_TEXT ? `${text.slice(0, LONG_TEXT)}\u2026` : text, full: text };
  }
  if (column.kind === "curve") return { text: "", full: "" };
  const value = column.numbers[row];
  if (column.kind === "time") return Number.isNaN(value) ? missing() : { text: formatAge(value, now), full: formatMoment(value), look: "rt-quiet" };
  if (column.kind === "duration") {
    const text = liveDuration(table, row, value, now);
    return Number.isNaN(value) ? missing() : { text, full: `${value / 1000} s`, look: "rt-quiet" };
  }
  if (Number.isNaN(value)) return column.loggedNan.has(row) ? { text: "NaN", full: "NaN", look: "tb-nan" } : missing();
  return { text: column.format(value), full: fullNumber(value) };
}

function missing() {
  return { text: "\u2013", full: "", look: "rt-none" };
}

function liveDuration(table, row, value, now) {
  const running = runStatus(table, row) === "RUNNING" && Number.isNaN(table.byId.get("attributes.end_time").values[row]);
  return formatDuration(running ? Math.max(0, now - table.byId.get("attributes.start_time").values[row]) : value);
}

/** What a screen reader says of a row: "mlp-smooth-s0, finished, selected, mark circle". */
function rowLabel(table, row, selected, slot) {
  const words = [runName(table, row), STATUS_WORDS[runStatus(table, row)]?.toLowerCase()];
  if (selected) words.push("selected", runMarkWord(slot));
  return words.filter(Boolean).join(", ");
}
