/* Live updates for htmx's sse extension: one stream per visible tab. It rests while the tab is hidden, because browsers
   allow six connections to a host and a till has many tabs; on return the page asks anew for what it may have missed
   (`hx-trigger="sse:changed, refetch from:body"`). Load after htmx-sse.min.js on pages that use sse-connect. */
(() => {
  "use strict";

  class RestingStream {
    #listeners = [];
    #closed = false;
    #source;
    #url;

    constructor(url) {
      this.#url = url;
      this.#open();
      document.addEventListener("visibilitychange", () => {
        if (this.#closed) return;
        this.#source.close();
        if (document.hidden) return;
        this.#open();
        htmx.trigger(document.body, "refetch");
      });
    }

    #open() {
      this.#source = new EventSource(this.#url);
      this.#source.onopen = (event) => {
        document.body.dataset.live = "open";
        this.onopen?.(event);
      };
      this.#source.onerror = (event) => {
        document.body.dataset.live = "lost";
        this.onerror?.(event);
      };
      for (const [type, run] of this.#listeners) this.#source.addEventListener(type, run);
    }

    get readyState() {
      return this.#source.readyState;
    }

    addEventListener(type, run) {
      this.#listeners.push([type, run]);
      this.#source.addEventListener(type, run);
    }

    removeEventListener(type, run) {
      this.#listeners = this.#listeners.filter(([kind, known]) => kind !== type || known !== run);
      this.#source.removeEventListener(type, run);
    }

    close() {
      this.#closed = true;
      this.#source.close();
    }
  }

  htmx.createEventSource = (url) => new RestingStream(url);
})();
