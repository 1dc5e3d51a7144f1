import { defineConfig } from 'vitest/config';

// The page is served by secchi itself: no external address, no inline script, hashed names under /assets/.
export default defineConfig({
  base: '/',
  build: {
    target: 'es2022',
    outDir: 'dist',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 800,
  },
  test: {
    include: ['tests/**/*.test.ts'],
    env: { TZ: 'Europe/Berlin' },
  },
});
