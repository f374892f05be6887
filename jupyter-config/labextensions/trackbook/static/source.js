// Asks the server what is going on: every 3 seconds while somebody looks, and never else.

const POLL_MS = 3000, AGAIN_MS = 5000;

/** Follows the overview of the store. Call `look(true)` when the list is in view and `look(false)` when it is not. */
class Source {
  constructor(lab, tell) {
    this.tell = tell;
    this.connection = lab.services.ServerConnection;
    this.settings = this.connection.makeSettings();
    this.answer = null; // the last overview
    this.trouble = ""; // why there is no newer one
    this.readAt = null;
    this.seen = this.busy = false;
    this.timer = null;
    document.addEventListener("visibilitychange", () => this.turn());
  }

  look(seen) {
    this.seen = seen;
    this.turn();
  }

  /** Ask at once if somebody looks; stop asking if nobody does. */
  turn() {
    clearTimeout(this.timer);
    if (this.seen && !document.hidden) void this.ask();
  }

  async ask() {
    if (this.busy) return;
    this.busy = true;
    try {
      await this.read();
      this.trouble = this.answer.state === "trouble" ? this.answer.message : "";
    } catch (error) {
      this.trouble = error instanceof Refused ? error.message : "The Jupyter server does not answer.";
    } finally {
      this.busy = false;
    }
    this.tell(this);
    clearTimeout(this.timer);
    if (this.seen && !document.hidden) this.timer = setTimeout(() => void this.ask(), this.trouble ? AGAIN_MS : POLL_MS);
  }

  async read() {
    const response = await this.send("overview", {}, this.tag ? { "If-None-Match": this.tag } : {});
    if (response.status !== 304) {
      const next = await response.json();
      // what was read last stays in view while the store does not answer
      this.answer = next.state === "trouble" && this.answer ? { ...this.answer, state: next.state, message: next.message } : next;
      this.tag = response.headers.get("ETag");
    }
    if (this.answer.state !== "trouble") this.readAt = Date.now();
  }

  /** A page of runs: {experiment_id} or {find}. */
  async runs(query) {
    return (await this.send("runs", query)).json();
  }

  /** Whether the server shows the dashboard. */
  async hasPage() {
    if (!this.answer) await this.read();
    return this.answer.page === true;
  }

  async send(name, query, headers = {}) {
    const address = `${this.settings.baseUrl}trackbook/api/1.0/trackbook/${name}?${new URLSearchParams(query)}`;
    const response = await this.connection.makeRequest(address, { headers }, this.settings);
    if (response.ok || response.status === 304) return response;
    const said = await response.json().catch(() => ({}));
    throw new Refused(response.status === 404 && !said.message ? "The server has no part of Trackbook. Install trackbook where Jupyter runs, and start it again." : said.message || `The server answered ${response.status}.`);
  }
}

/** The server answered, and it was no. */
class Refused extends Error {}
