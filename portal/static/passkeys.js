// Passkeys. The forms that need one stay hidden until this runs in a browser that has them.
(() => {
  "use strict";
  const keys = window.PublicKeyCredential;
  if (!keys?.parseRequestOptionsFromJSON) return;

  const ask = async (form) => {
    const token = form.elements.csrf_token;
    const answer = await fetch(form.dataset.options, {
      method: "POST", headers: token ? { "X-CSRF-Token": token.value } : {}, redirect: "manual",
    });
    // Signed out, or proved too long ago: the form itself leads to where one signs in.
    if (!answer.ok) return "";
    const options = await answer.json();
    const key = form.dataset.passkey === "get"
      ? await navigator.credentials.get({ publicKey: keys.parseRequestOptionsFromJSON(options) })
      : await navigator.credentials.create({ publicKey: keys.parseCreationOptionsFromJSON(options) });
    return JSON.stringify(key);
  };

  for (const part of document.querySelectorAll("[data-passkeys]")) part.hidden = false;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const problem = form.querySelector("[data-problem]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.hidden = true;
      try {
        form.elements.credential.value = await ask(form);
        form.submit();
      } catch {
        problem.hidden = false;
      }
    });
  }
})();
