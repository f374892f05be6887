// A table and the rows that changed since it was sent, put together: a refresh sends only those.

const DERIVED = ["attributes.duration", "attributes.run_id", "attributes.origin"];

/** The table as it is now. `patch` is {meta, buffers, of} of the rows that changed or came, with `gone` and `order`;
 *  one that is `of` another table is older than this one, or comes before it. */
function patchedTable(table, patch, number, now = Date.now()) {
  if (!patch?.meta || patch.of !== number) return table;
  const { meta } = patch, parts = buffersOf(meta, patch.buffers);
  const part = decodeTable(meta, patch.buffers, now);
  const order = meta.order === undefined ? usualOrder(table, part, new Set(meta.gone)) : typedArray(Int32Array, parts[meta.order]);
  const rows = order.length, from = table.rows;
  const columns = table.columns.filter(({ id }) => !DERIVED.includes(id)).map((column) => mergedColumn(column, part.byId.get(column.id), order, from));
  const lost = new Set();
  for (let row = 0; row < rows; row += 1) if (order[row] < from ? table.lost.has(order[row]) : part.lost.has(order[row] - from)) lost.add(row);
  const ids = Array.from(order, (place) => (place < from ? table.ids[place] : part.ids[place - from]));
  return finishTable({ rows, total: Math.max(meta.total || 0, rows), ids, columns, lost }, now);
}

/** The new rows first, the others as they stood: a place behind the table's rows is one of the patch's. */
function usualOrder(table, part, gone) {
  const fresh = part.ids.map((_, row) => row).filter((row) => !table.index.has(part.ids[row])).map((row) => table.rows + row);
  const stay = [];
  table.ids.forEach((id, row) => { if (!gone.has(id)) stay.push(part.index.has(id) ? table.rows + part.index.get(id) : row); });
  return Int32Array.from([...fresh, ...stay]);
}

function mergedColumn(column, part, order, from) {
  const plain = { kind: column.kind, group: column.group, key: column.key, goal: column.goal, cut: column.cut || part?.cut };
  const pick = (values, fresh) => Float64Array.from(order, (place) => (place < from ? values[place] : fresh ? fresh[place - from] : NaN));
  if (column.kind === "text") Object.assign(plain, mergedTexts(column, part, order, from));
  else if (column.kind === "metric") {
    const made = new Map();
    plain.values = Object.fromEntries(Object.entries(column.aggregates).map(([name, values]) => {
      const fresh = part?.aggregates[name], key = `${Object.values(column.aggregates).indexOf(values)} ${part ? Object.values(part.aggregates).indexOf(fresh) : ""}`;
      if (!made.has(key)) made.set(key, pick(values, fresh));
      return [name, made.get(key)];
    }));
    plain.nan = new Set();
    order.forEach((place, row) => { if (place < from ? column.loggedNan.has(place) : part?.loggedNan.has(place - from)) plain.nan.add(row); });
  } else plain.values = pick(column.values, part?.values);
  return new RunColumn(plain, [], order.length);
}

function mergedTexts(column, part, order, from) {
  const texts = column.texts.slice();
  const known = part?.texts.length ? new Map(texts.map((text, code) => [text, code])) : null;
  const codes = (part?.texts || []).map((text) => {
    if (!known.has(text)) known.set(text, texts.push(text) - 1);
    return known.get(text);
  });
  return {
    texts,
    codes: Int32Array.from(order, (place) => {
      if (place < from) return column.codes[place];
      const code = part ? part.codes[place - from] : -1;
      return code < 0 ? -1 : codes[code];
    }),
  };
}
