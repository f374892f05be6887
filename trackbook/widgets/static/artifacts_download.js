// Downloads: pieces of a file, or of an archive that the kernel packs meanwhile, put together in a Blob.

/** A line at the foot that says how far a download is, with "Cancel"; returns {tell(bytes), end(), cancelled}. */
function progressLine(root, name, size) {
  const state = { cancelled: false };
  const text = el("span", { class: "tb-grow tb-ellipsis", dir: "auto" });
  const line = el("div", { class: "tb-said tb-float art-progress", role: "status" }, text,
    el("button", { class: "tb-button tb-low", type: "button", on: { click: () => { state.cancelled = true; line.remove(); } } }, "Cancel"));
  state.tell = (bytes) => { text.textContent = size ? `Downloading ${name}: ${formatSize(Math.min(bytes, size))} of ${formatSize(size)}` : `Downloading ${name}: ${formatSize(bytes)}`; };
  state.end = () => line.remove();
  state.tell(0);
  root.querySelector(":scope > .art-progress")?.remove();
  root.append(line);
  return state;
}

/** All bytes of a file, from those that came with its preview on. `tell` hears how many there are; null if cancelled. */
async function allBytes(context, run, shown, first, tell, stopped = () => false) {
  const parts = first ? [bytesOf(first)] : [];
  let place = first ? first.byteLength : 0, size = shown.size;
  while (place < size || (!place && !parts.length)) {
    if (stopped()) return null;
    const { value, buffers } = await context.asker.ask("read", { run, path: shown.path, start: place, mark: shown.mark });
    if (!buffers.length || !buffers[0].byteLength) break;
    parts.push(bytesOf(buffers[0]));
    place = value.next;
    size = value.size;
    tell?.(place);
  }
  return parts;
}

/** A copy of a buffer's bytes: Jupyter's lie in a message of which nothing else should be kept. */
function bytesOf(buffer) {
  return new Uint8Array(buffer.buffer ? buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) : buffer);
}

/** A name for the file that the browser saves; what would turn the name around is left out. */
function savedName(name) {
  return name.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069\\/:*?"<>|\u0000-\u001f]/g, "_").slice(-150) || "file";
}

/** A file of one run; `asIs` takes one that is not what was stored. */
function downloadFile(context, run, shown, asIs = false) {
  return takePieces(context, { path: shown.path, run, file: true, as_is: asIs }, shown.name, "application/octet-stream");
}

/** A file or folder of one run, or of all that have it (run null), as a .zip. */
function downloadZip(context, path, run = null) {
  return takePieces(context, run === null ? { path } : { path, run }, `${nameOf(path) || "artifacts"}.zip`, "application/zip");
}

async function takePieces(context, wanted, name, type) {
  let line = null;
  try {
    const { value } = await context.asker.ask("pack", wanted);
    line = progressLine(context.root, name, wanted.file ? value.size : 0);
    const parts = [];
    for (let end = false, got = 0; !end;) {
      if (line.cancelled || context.gone) { await context.asker.ask("drop", { token: value.token }); return; }
      const piece = await context.asker.ask("piece", { token: value.token });
      end = piece.value.end;
      if (piece.buffers.length) { parts.push(bytesOf(piece.buffers[0])); got += piece.buffers[0].byteLength; line.tell(got); }
    }
    downloadBytes(parts, savedName(name), type);
  } catch (error) { context.say(error.message, { trouble: true }); } finally { line?.end(); }
}
