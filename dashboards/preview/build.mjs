// Bundles the app and its styles into out/; a page needs nothing else.
import { build } from 'esbuild';
import { statSync } from 'node:fs';

const NONE = './src/nothing.js'; // node's own modules, which some packages import but never use in a browser

await build({
  entryPoints: ['src/app.jsx'],
  outfile: 'out/app.js',
  bundle: true,
  minify: true,
  format: 'iife',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}', global: 'window' },
  loader: { '.svg': 'dataurl', '.png': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl', '.ttf': 'dataurl' },
  mainFields: ['browser', 'module', 'main'],
  conditions: ['import', 'module', 'browser'],
  alias: { stream: NONE, tty: NONE, util: NONE },
  legalComments: 'none',
  logLevel: 'error',
});
for (const file of ['out/app.js', 'out/app.css']) console.log(file, statSync(file).size, 'bytes');
