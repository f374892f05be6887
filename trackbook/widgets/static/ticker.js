// A clock that ticks to the kernel while its page can be seen; see ticker.py.

const TICK_PATIENCE_MS = 60000;

function startTicker(model) {
  let asked = 0;
  const answered = (content) => { if (content.type === "tock") asked = 0; };
  const tick = () => {
    if (document.hidden || (asked && performance.now() - asked < TICK_PATIENCE_MS)) return;
    asked = performance.now();
    model.send({ type: "tick" });
  };
  model.on("msg:custom", answered);
  const clock = setInterval(tick, Math.max(50, 1000 * model.get("seconds")));
  document.addEventListener("visibilitychange", tick);
  return () => {
    clearInterval(clock);
    document.removeEventListener("visibilitychange", tick);
    model.off("msg:custom", answered);
  };
}

export default { render({ model }) { return startTicker(model); } };
