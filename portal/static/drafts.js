// Saves an answer while it is typed. What is not saved yet stays in this browser, and the page says so.
(() => {
  "use strict";
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const said = form.querySelector("[data-saved]"), found = form.querySelector("[data-found]");
  const key = `draft:${form.dataset.kept}`;
  let timer = 0, running = false, again = false, stale = false, wait = 1500;

  const fields = () => [...new FormData(form)].filter(([name]) => name !== "csrf_token" && name !== "version");
  const text = () => JSON.stringify(fields());
  let saved = text();
  const keep = () => { try { localStorage.setItem(key, text()); } catch { /* a browser may refuse */ } };
  const forget = () => { try { localStorage.removeItem(key); } catch { /* as above */ } };
  const say = (words, bad = false) => { said.textContent = words; said.classList.toggle("as-t", bad); said.classList.toggle("bad", bad); };

  const hint = (hints) => {
    for (const place of form.querySelectorAll("[data-hint]")) {
      const words = hints[place.dataset.hint];
      if (!words) { place.replaceChildren(); continue; }
      const note = document.createElement("p");
      note.className = "as-note slim warn mt-2";
      note.textContent = words;
      place.replaceChildren(note);
    }
  };

  const save = async () => {
    if (running) { again = true; return; }
    const now = text();
    if (now === saved || stale) return;
    running = true;
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "POST", body: new URLSearchParams(new FormData(form)),
        headers: { "X-CSRF-Token": form.elements.csrf_token.value }, redirect: "manual",
      });
      if (answer.ok) {
        const told = await answer.json();
        form.elements.version.value = told.version;
        saved = now;
        if (text() === now) forget();
        say(told.saved);
        hint(told.hints);
        wait = 1500;
      } else if (answer.status === 412) {
        stale = true;
        say(said.dataset.stale, true);
      } else {
        say(answer.status === 422 ? said.dataset.unread : said.dataset.offline, true);
      }
    } catch {
      say(said.dataset.offline, true);
      wait = Math.min(wait * 2, 30000);
      clearTimeout(timer);
      timer = setTimeout(save, wait);
    }
    running = false;
    if (again) { again = false; save(); }
  };

  form.addEventListener("input", () => { keep(); clearTimeout(timer); timer = setTimeout(save, wait); });
  addEventListener("online", save);
  // A text that was sent is not kept; the server has it, or shows it again.
  form.addEventListener("submit", () => { clearTimeout(timer); keep(); sessionStorage.setItem("sent", key); });
  if (sessionStorage.getItem("sent") !== null && !document.querySelector("#errors")) {
    try { localStorage.removeItem(sessionStorage.getItem("sent")); } catch { /* as above */ }
  }
  sessionStorage.removeItem("sent");

  // ── another why, another line: a copy of the last one, emptied
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-more]");
    if (!button) return;
    const list = form.querySelector(`[data-rows="${button.dataset.more}"]`), rows = list.querySelectorAll("[data-row]");
    const row = rows[rows.length - 1].cloneNode(true), number = rows.length + 1;
    event.preventDefault();
    row.classList.remove("root");
    for (const part of row.querySelectorAll(".k")) part.textContent = number;
    for (const field of row.querySelectorAll("textarea,input")) {
      const id = field.id.replace(/-\d+/, `-${number}`);
      row.querySelector(`label[for="${field.id}"]`)?.setAttribute("for", id);
      field.id = id;
      field.value = "";
      field.removeAttribute("aria-describedby");
    }
    list.append(row);
    row.querySelector("textarea,input").focus();
  });

  // ── what an earlier visit could not save
  let kept = null;
  try { kept = localStorage.getItem(key); } catch { /* as above */ }
  if (kept && kept !== saved && !document.querySelector("#errors")) {
    found.hidden = false;
    found.querySelector("[data-forget]").addEventListener("click", () => { forget(); found.hidden = true; });
    found.querySelector("[data-restore]").addEventListener("click", () => {
      const values = Map.groupBy ? Map.groupBy(JSON.parse(kept), ([name]) => name) : JSON.parse(kept)
        .reduce((all, pair) => all.set(pair[0], [...(all.get(pair[0]) || []), pair]), new Map());
      for (const [name, pairs] of values) {
        const list = form.querySelector(`[data-rows="${name.split(".")[0]}"]`);
        while (list && list.querySelectorAll("[data-row]").length < pairs.length) form.querySelector(`[data-more="${name.split(".")[0]}"]`).click();
        const places = form.querySelectorAll(`[name="${CSS.escape(name)}"]`);
        pairs.forEach(([, value], at) => { if (places[at]) places[at].value = value; });
      }
      found.hidden = true;
      save();
    });
  }
})();
