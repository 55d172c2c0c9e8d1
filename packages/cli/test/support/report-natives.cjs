// Preloaded: writes the native modules that the process loads to the file that NATIVES_FILE names.
const { appendFileSync } = require('node:fs')
const dlopen = process.dlopen.bind(process)
process.dlopen = (module, file, ...rest) => {
  appendFileSync(process.env.NATIVES_FILE, `${file}\n`)
  return dlopen(module, file, ...rest)
}
