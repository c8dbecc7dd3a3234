// Saves an answer while it is typed. What is not saved yet stays in this browser, and the page says so.
(() => {
  "use strict";
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const said = form.querySelector("[data-saved]"), found = form.querySelector("[data-found]");
  const key = `draft:${form.dataset.kept}`;
  let timer = 0, stale = false, wait = 1500, current = Promise.resolve();

  const fields = () => [...new FormData(form)].filter(([name]) => name !== "csrf_token" && name !== "version");
  const text = () => JSON.stringify(fields());
  // A page that says what is wrong shows what the server does not have.
  let saved = document.querySelector("#errors") ? "" : text();
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

  // Says whether the server has answered, whatever it said.
  const attempt = async () => {
    const now = text();
    if (now === saved || stale) return true;
    let answer = null;
    try {
      answer = await fetch(form.dataset.draft, {
        method: "POST", body: new URLSearchParams(new FormData(form)),
        headers: { "X-CSRF-Token": form.elements.csrf_token.value }, redirect: "manual",
      });
    } catch { /* it cannot be reached */ }
    if (answer?.ok) {
      const told = await answer.json();
      form.elements.version.value = told.version;
      saved = now;
      if (text() === now) forget();
      say(told.saved);
      hint(told.hints);
      wait = 1500;
      return true;
    }
    if (!answer || answer.status >= 500 || answer.status === 429) {
      say(said.dataset.offline, true);
      wait = Math.min(wait * 2, 30000);
      clearTimeout(timer);
      timer = setTimeout(save, wait);
      return false;
    }
    stale = answer.status === 412;
    say(stale ? said.dataset.stale : answer.status === 422 ? said.dataset.unread : said.dataset.signedOut, true);
    return true;
  };
  const save = () => (current = current.then(attempt).catch(() => false));

  form.addEventListener("input", () => { keep(); clearTimeout(timer); timer = setTimeout(save, wait); });
  addEventListener("online", save);

  // The form goes when the server has what was typed, or has said why not. What it does not have stays here, also
  // behind the sign-in page, and is offered again.
  let going = "";
  form.addEventListener("submit", async (event) => {
    if (going === "now") return;
    event.preventDefault();
    if (going) return;
    going = "soon";
    clearTimeout(timer);
    if (text() !== saved) keep();
    const answered = await save();
    await new Promise((done) => { setTimeout(done); }); // a form is not sent out of its own submit event
    if (answered) { going = "now"; form.requestSubmit(event.submitter); }
    going = "";
  });

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
  if (kept === saved) forget();
  else if (kept && saved) {
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
