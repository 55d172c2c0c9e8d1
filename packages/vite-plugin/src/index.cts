// For configs with `module.exports`: `require` gives the plugin itself.

type Plugin = typeof import('./index.js', { with: { 'resolution-mode': 'import' } }).sitedrive

function load(): Plugin & { sitedrive: Plugin; default: Plugin } {
  try {
    const { sitedrive } = require('./index.js') as { sitedrive: Plugin }
    return Object.assign(sitedrive, { sitedrive, default: sitedrive })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_REQUIRE_ESM') throw error
    throw new Error(
      `\`require('@sitedrive/vite-plugin')\` needs Node.js 20.19, or 22.12, or newer; here is ${process.versions.node}.`
    )
  }
}

export = load()
