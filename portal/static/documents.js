// Files go one by one, as soon as they are picked; the form only names them. Without scripts they come with the form.
(() => {
  "use strict";
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const AT_ONCE = 3;
  const waiting = [];
  let running = 0;

  const kilo = (size) => (size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1)} MB`);
  const busy = (form) => Boolean(find("[data-list] [data-sending]", form));
  const say = (place, words) => { const said = find("[data-said]", place); if (said) said.textContent = words; };

  const make = (tag, words = "", name = "") => {
    const made = document.createElement(tag);
    made.textContent = words;
    if (name) made.className = name;
    return made;
  };

  // One row of the list while its file is on the way.
  const row = (place, file) => {
    const made = make("li");
    made.dataset.sending = "";
    const name = make("span", "", "nm");
    const own = make("bdi", file.name);
    name.append(own, " ", make("span", kilo(file.size), "dim sm"));
    const state = make("span", "", "sm num");
    const bar = make("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    made.append(make("span"), name, state, bar);
    find("[data-list]", place).append(made);
    return { made, name, state, bar };
  };

  const next = () => {
    while (running < AT_ONCE && waiting.length) {
      running += 1;
      waiting.shift()(() => { running -= 1; next(); });
    }
  };

  const put = (place, file) => {
    const shown = row(place, file);
    const begin = (done) => {
      if (!shown.made.isConnected) { done(); return; }
      const request = new XMLHttpRequest();
      const began = Date.now();
      request.open("POST", "/documents");
      request.setRequestHeader("x-csrf-token", place.dataset.csrf);
      request.setRequestHeader("hx-request", "true");
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        const part = event.loaded / event.total;
        const left = Math.ceil(((Date.now() - began) / 1000) * (1 / part - 1));
        shown.bar.value = Math.floor(part * 100);
        shown.state.textContent = `${Math.floor(part * 100)} %` + (left > 1 ? `, ${place.dataset.left.replace("%s", left)}` : "");
      });
      request.addEventListener("load", () => {
        const where = request.getResponseHeader("hx-redirect");
        if (where) { location.assign(where); return; }
        const answer = new DOMParser().parseFromString(request.responseText, "text/html");
        const item = find("li", answer);
        if (item) {
          const taken = document.importNode(item, true);
          shown.made.replaceWith(taken);
          ready(taken);
          say(place, taken.textContent.trim());
        } else failed(find("#error, .as-note", answer)?.textContent.trim() || place.dataset.broken);
        done();
      });
      const lost = () => { failed(place.dataset.broken); done(); };
      request.addEventListener("error", lost);
      request.addEventListener("timeout", lost);
      request.addEventListener("abort", done);
      const form = new FormData();
      form.append("file", file, file.name);
      request.send(form);
      shown.abort = () => request.abort();
    };
    const failed = (words) => {
      delete shown.made.dataset.sending;
      shown.bar.remove();
      const told = make("span", words, "as-t bad sm");
      told.setAttribute("role", "alert");
      shown.name.append(" ", told);
      const again = make("button", place.dataset.retry, "btn btn-s");
      again.type = "button";
      again.addEventListener("click", () => { shown.made.remove(); put(place, file); });
      shown.state.replaceChildren(again);
    };
    const stop = make("button", place.dataset.cancel, "btn btn-quiet btn-s");
    stop.type = "button";
    stop.addEventListener("click", () => { shown.made.remove(); shown.abort?.(); });
    shown.name.append(" ", stop);
    waiting.push(begin);
    next();
  };

  const take = (place, files) => {
    const input = find("input[type=file][id]", place);
    const list = find("[data-list]", place);
    const chosen = input.multiple ? [...files] : [...files].slice(0, 1);
    if (!input.multiple) list.replaceChildren();
    for (const file of chosen) put(place, file);
  };

  // A row that the server made: its tick becomes a button.
  const ready = (from) => {
    for (const tick of all("[data-tick]", from)) tick.hidden = true;
    for (const each of all("[data-script]", from)) each.hidden = false;
  };

  const prepare = () => {
    for (const place of all("[data-drop]:not([data-ready])")) {
      place.dataset.ready = "";
      find("input[type=file][id]", place).classList.add("vh");
      ready(place);
    }
  };

  document.addEventListener("change", (event) => {
    const input = event.target;
    const place = input.matches?.("input[type=file]") && input.closest("[data-drop]");
    if (!place) return;
    take(place, input.files);
    input.value = ""; // else the form would send it a second time
  });
  document.addEventListener("dragover", (event) => {
    const place = event.target.closest?.("[data-drop]");
    if (place) event.preventDefault();
    for (const each of all("[data-drop] .as-drop")) each.classList.toggle("over", Boolean(place) && place.contains(each));
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) for (const each of all(".as-drop.over")) each.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    const place = event.target.closest?.("[data-drop]");
    if (!place) return;
    event.preventDefault();
    find(".as-drop", place).classList.remove("over");
    take(place, event.dataTransfer.files);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-remove]");
    if (!button) return;
    const place = button.closest("[data-drop]"), item = button.closest("li");
    if (button.dataset.remove) {
      fetch(button.dataset.remove, { method: "POST", headers: { "x-csrf-token": place.dataset.csrf } }).catch(() => {});
    }
    item.remove();
    find("input[type=file][id]", place).focus();
  });
  // A form waits for its files. Before anybody else hears of it: the button must not say “Sending…” already.
  document.addEventListener("submit", (event) => {
    if (!busy(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const place = find("[data-drop]", event.target);
    say(place, place.dataset.waiting);
    let note = find(".as-drop-waits", place);
    if (!note) { note = make("p", "", "as-help as-drop-waits"); place.append(note); }
    note.textContent = place.dataset.waiting;
  }, true);

  prepare();
  document.addEventListener("htmx:afterSettle", prepare);
})();
