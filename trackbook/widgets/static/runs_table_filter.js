// The filter box's language as far as the browser speaks it: words, and simple comparisons joined by AND.
// Anything richer is the store's; what is still being typed leaves the last result alone.

const FILTER_ENTITIES = { metric: "metrics", param: "params", parameter: "params", tag: "tags", attribute: "attributes", attr: "attributes", run: "attributes" };
const FILTER_TERM = /^\s*(?:([a-z]+)\s*\.\s*)?(`[^`]+`|"[^"]+"|[A-Za-z_][\w./-]*)\s*(<=|>=|!=|=|<|>)\s*('[^']*'|"[^"]*"|[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(?=\s|$)/i;
const FILTER_TOKEN = /(\s+)|((?:metrics?|params?|parameters?|tags?|attributes?|attr)\.(?:`[^`]*`|"[^"]*"|[\w./-]*))|('[^']*'?|"[^"]*"?)|([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\b)|(<=|>=|!=|[=<>(),])|([^\s=<>!(),'"]+|.)/giy;
const FILTER_WORDS = /^(and|or|not|like|ilike|in|is|null|between)$/i;
const FILTER_NAMES = /^(status|run_name|run_id|user_id|start_time|end_time|duration|liveness|lifecycle_stage)$/;

/** A filter as {kind: "all" | "words" | "terms" | "store" | "unfinished"}, with words or terms. */
function parseRunFilter(text, table) {
  const plain = text.trim();
  if (!plain) return { kind: "all" };
  const named = /^[\s(]*(not\s+)?(metrics?|params?|parameters?|tags?|attributes?|attr)\s*\./i.test(plain) || FILTER_NAMES.test(plain.split(/\s/)[0]);
  const compares = /[<>=]|\s(like|ilike|in|is|between)\b/i.test(plain);
  if (!named && !/[<>=]/.test(plain)) return { kind: "words", words: plain.toLowerCase().split(/\s+/) };
  if (named && !compares) return { kind: "unfinished" };
  if (/([<>=!(]|\b(and|or|not|like|ilike|between|in|is))\s*$/i.test(plain)) return { kind: "unfinished" };
  if (/^[\s\S]*\s(and|or)\s+[\w.]*$/i.test(plain) && !/\bbetween\s+\S+\s+and\s+\S+$/i.test(plain)) return { kind: "unfinished" };
  const terms = table.total > table.rows ? null : parseTerms(plain, table);
  return terms ? { kind: "terms", terms } : { kind: "store" };
}

function parseTerms(text, table) {
  const terms = [];
  for (let rest = text; ;) {
    const match = FILTER_TERM.exec(rest);
    const term = match && readTerm(match, table);
    if (!term) return null;
    terms.push(term);
    rest = rest.slice(match[0].length).trim();
    if (!rest) return terms;
    const and = /^and\s+/i.exec(rest);
    if (!and) return null;
    rest = rest.slice(and[0].length);
  }
}

/** One comparison as {column, aggregate, operator, value}, or null where the store must judge. */
function readTerm([, entity, name, operator, literal], table) {
  const word = entity ? entity.toLowerCase() : "attribute";
  const group = FILTER_ENTITIES[word] || FILTER_ENTITIES[word.replace(/s$/, "")];
  const key = name.replace(/^[`"]|[`"]$/g, "");
  const quoted = /^['"]/.test(literal), value = quoted ? literal.slice(1, -1) : Number(literal);
  if (group === "metrics") {
    const known = metricOf(table, key);
    return known && !quoted ? { ...known, operator, value } : null;
  }
  const column = table.byId.get(`${group}.${key}`);
  const asText = group === "params" || group === "tags" || key === "status" || key === "run_name";
  return column && asText && !column.cut && quoted && (operator === "=" || operator === "!=") ? { column, operator, value } : null;
}

/** A metric by its key; "loss.min" is an aggregate of loss unless a metric bears that very name. */
function metricOf(table, key) {
  const column = table.byId.get(`metrics.${key}`);
  if (column) return { column, aggregate: "last" };
  const [, stem, aggregate] = /^(.*)\.(last|min|max)$/.exec(key) || [];
  const whole = stem === undefined ? null : table.byId.get(`metrics.${stem}`);
  return whole?.aggregates[aggregate] ? { column: whole, aggregate } : null;
}

/** A function row -> whether it matches what `parseRunFilter` gave. */
function rowMatcher(filter, table) {
  if (filter.kind === "terms") {
    const tests = filter.terms.map(termTest);
    return (row) => tests.every((test) => test(row));
  }
  if (filter.kind !== "words") return () => true;
  const columns = table.columns.filter((column) => column.kind === "text");
  const tests = filter.words.map((word) => {
    const hits = columns.map((column) => [column.codes, Uint8Array.from(column.texts, (text) => text.toLowerCase().includes(word))]).filter(([, found]) => found.includes(1));
    const lost = "lost".includes(word);
    return (row) => (lost && table.lost.has(row)) || hits.some(([codes, found]) => codes[row] >= 0 && found[codes[row]] === 1);
  });
  return (row) => tests.every((test) => test(row));
}

function termTest({ column, aggregate, operator, value }) {
  if (column.kind === "text") {
    const code = column.texts.indexOf(value);
    return operator === "=" ? (row) => code >= 0 && column.codes[row] === code : (row) => column.codes[row] >= 0 && column.codes[row] !== code;
  }
  const numbers = column.aggregates[aggregate];
  const test = { "=": (x) => x === value, "!=": (x) => x === x && x !== value, "<": (x) => x < value, "<=": (x) => x <= value, ">": (x) => x > value, ">=": (x) => x >= value }[operator];
  return (row) => test(numbers[row]);
}

/** A filter as coloured pieces [text, class], the one at `column` (from 1) marked as wrong. */
function filterPieces(text, column = null) {
  const pieces = [];
  let wrong = false;
  const comparison = /[<>=]|^\s*(metrics?|params?|tags?|attributes?|attr)\.|\b(like|ilike|in|is|between)\b/i.test(text);
  FILTER_TOKEN.lastIndex = 0;
  for (let match; FILTER_TOKEN.lastIndex < text.length && (match = FILTER_TOKEN.exec(text));) {
    const [piece, space, name, quoted, number, operator, word] = match;
    const attribute = word && FILTER_NAMES.test(word);
    let look = "";
    if (comparison && !space) look = name || attribute ? "rt-name" : quoted || number ? "rt-value" : operator || FILTER_WORDS.test(word || "") ? "rt-operator" : "";
    // From where it went wrong to the end of that condition.
    wrong = wrong ? !/^(and|or)$/i.test(word || "") : column !== null && column - 1 < match.index + piece.length;
    pieces.push([piece, wrong ? `${look} rt-wrong` : look]);
  }
  return pieces;
}
