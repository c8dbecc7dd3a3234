// Files go one by one, when they are picked; the form names them.
(() => {
  "use strict";
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const AT_ONCE = 3;
  const waiting = [];
  const left = new Set();  // sends what came too late
  let running = 0;

  const kilo = (size) => (size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1)} MB`);
  const busy = (form) => Boolean(find("[data-list] [data-sending]", form));
  const say = (place, words) => { find("[data-said]", place).textContent = words; };
  const note = (place, words) => {
    say(place, words);
    (find(".as-drop-waits", place) || place.appendChild(make("p", "", "as-help as-drop-waits"))).textContent = words;
  };
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  const make = (tag, words = "", name = "") => {
    const made = document.createElement(tag);
    made.textContent = words;
    if (name) made.className = name;
    return made;
  };

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

  const post = (address, form, headers, shown, done, progress) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    for (const name in headers) request.setRequestHeader(name, headers[name]);
    if (progress) request.upload.onprogress = progress;
    request.onload = request.onerror = () => done(request);
    request.onabort = shown.done;
    request.send(form);
    shown.request = request;
  };

  const fields = (values, file) => {
    const form = new FormData();
    for (const name in values) form.append(name, values[name]);
    if (file) form.append("file", file, file.name);
    return form;
  };

  // Is somebody signed in, perhaps again? Then the page takes the new token.
  const back = async () => {
    const answer = await fetch("/signed-in", { headers: { "hx-request": "true" } });
    const now = find("#signed-in", parse(await answer.text()))?.dataset;
    for (const each of all("[data-out]")) each.hidden = Boolean(now);
    if (!now) return false;
    if (now.who !== document.body.dataset.who) location.reload();
    const old = find("[data-drop]").dataset.csrf;
    for (const each of all("form, input[name=csrf_token], [data-drop]")) {
      for (const one of each.attributes) one.value = one.value.replace(old, now.csrf);
    }
    return true;
  };
  const asked = () => back().catch(() => null);

  const put = (place, file, renewed) => {
    const shown = row(place, file);
    const ours = () => ({ "x-csrf-token": place.dataset.csrf, "hx-request": "true" });
    const began = Date.now();
    const progress = (event) => {
      if (!event.lengthComputable) return;
      const part = event.loaded / event.total;
      const rest = Math.ceil(((Date.now() - began) / 1000) * (1 / part - 1));
      shown.bar.value = Math.floor(part * 100);
      shown.state.textContent = `${Math.floor(part * 100)} %` + (rest > 1 ? `, ${place.dataset.left.replace("%s", rest)}` : "");
    };
    const begin = (done) => {
      if (!shown.made.isConnected) return done();
      shown.done = done;
      if ("direct" in place.dataset && file.size) direct(); else whole();
    };
    const again = (renewed) => {
      left.delete(again);
      if (!shown.made.isConnected) return;
      shown.made.remove();
      put(place, file, renewed);
    };
    const answered = async (request) => {
      const answer = parse(request.response);
      const taken = find("li", answer);
      // Who is signed out may hear only that the connection broke.
      const refused = request.getResponseHeader("hx-redirect") || request.status === 403;
      if (refused || !request.status) {
        const is = await asked();
        if (refused && is && !renewed) again(true);
        else failed(is === false ? place.dataset.ended : place.dataset.broken);
        if (is === false) left.add(again);
      } else if (taken) {
        shown.made.replaceWith(taken);
        ready(taken);
        say(place, taken.textContent.trim());
      } else failed(find("#error, .as-note", answer)?.textContent.trim() || place.dataset.broken);
      shown.done();
    };
    const whole = () => post("/documents", fields({}, file), ours(), shown, answered, progress);
    // What the store does not take goes through the portal.
    const told = { name: file.name, size: file.size };
    const direct = () => post("/documents/announcements", fields(told), ours(), shown, (request) => {
      if (request.status !== 201) return answered(request);
      const to = JSON.parse(request.response);
      post(to.address, fields(to.fields, file), {}, shown, (sent) => {
        if (sent.status === 204) post(`/documents/arrivals/${to.arrival}`, fields(told), ours(), shown, answered);
        else { delete place.dataset.direct; whole(); }
      }, progress);
    });
    const failed = (words) => {
      delete shown.made.dataset.sending;
      shown.bar.remove();
      const said = make("span", words, "as-t bad sm");
      said.setAttribute("role", "alert");
      const retry = make("button", place.dataset.retry, "btn btn-s");
      retry.type = "button";
      retry.onclick = () => asked().then(() => again());
      shown.state.textContent = "";
      stop.before(said, " ", retry, " ");
    };
    const stop = make("button", place.dataset.cancel, "btn btn-quiet btn-s");
    stop.type = "button";
    stop.onclick = () => { shown.made.remove(); shown.request?.abort(); };
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
    input.value = ""; // not twice
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
  document.addEventListener("visibilitychange", async () => {
    if (!document.hidden && left.size && await asked()) for (const again of left) again();
  });
  // A form waits for its files and for somebody who is signed in.
  document.addEventListener("submit", async (event) => {
    const form = event.target, place = find("[data-drop]", form);
    if (!place || place.goes) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (place.asks) return;
    place.asks = !busy(form);
    const is = place.asks ? await asked() : true;
    place.asks = false;
    if (is) for (const again of left) again();
    if (busy(form)) note(place, place.dataset.waiting);
    else if (is) { place.goes = true; form.requestSubmit(event.submitter); place.goes = false; }
    else note(place, is === null ? place.dataset.broken : "");
  }, true);

  prepare();
  document.addEventListener("htmx:afterSettle", prepare);
})();
