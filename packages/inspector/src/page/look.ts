/** Light or dark: as the system says, unless the reader has chosen. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";

export type Look = "light" | "dark";

const system: MediaQueryList = matchMedia("(prefers-color-scheme: dark)");
const systemIsDark: Signal<boolean> = signal(system.matches);
const chosen: Signal<Look | undefined> = signal(undefined);

system.addEventListener("change", ({ matches }) => {
  systemIsDark.value = matches;
});

export const theme: ReadonlySignal<Look> = computed(() => chosen.value ?? (systemIsDark.value ? "dark" : "light"));

// Before whatever else watches the theme, so that colours are read after they have changed.
effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});

export function changeLook(): void {
  chosen.value = theme.value === "dark" ? "light" : "dark";
}
