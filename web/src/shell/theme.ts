/** Light, dark or as the system says; kept in localStorage. */
import { useEffect, useState } from 'preact/hooks';

export type ThemeChoice = 'system' | 'light' | 'dark';
type Theme = 'light' | 'dark';

const KEY = 'secchi.theme';
const system = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

export function themeChoice(): ThemeChoice {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function currentTheme(): Theme {
  const choice = themeChoice();
  return choice === 'system' ? (system.matches ? 'dark' : 'light') : choice;
}

function apply(): void {
  document.documentElement.dataset['theme'] = currentTheme();
  listeners.forEach((f) => f());
}

export function setTheme(choice: ThemeChoice): void {
  if (choice === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, choice);
  apply();
}

system.addEventListener('change', apply);
document.documentElement.dataset['theme'] = currentTheme();

export function useTheme(): Theme {
  const [theme, set] = useState(currentTheme());
  useEffect(() => {
    const update = (): void => set(currentTheme());
    listeners.add(update);
    update();
    return () => {
      listeners.delete(update);
    };
  }, []);
  return theme;
}
