// Chosen before anything is drawn, so that nothing flashes. Loaded as a plain script for that.
"use strict";
{
  const KEY = "spec-notify-theme";
  const THEMES = ["auto", "light", "dark"];

  const known = () => {
    try {
      const kept = localStorage.getItem(KEY);
      return THEMES.includes(kept) ? kept : "auto";
    } catch {
      return "auto";
    }
  };
  const keep = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Without storage it holds for this page.
    }
  };
  const apply = (theme) => {
    document.documentElement.dataset.theme = theme;
  };

  apply(known());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const say = () => {
      button.lastElementChild.textContent = document.documentElement.dataset.theme;
    };
    button.addEventListener("click", () => {
      const at = THEMES.indexOf(document.documentElement.dataset.theme);
      const next = THEMES[(at + 1) % THEMES.length];
      apply(next);
      keep(next);
      say();
    });
    say();
  });
}
