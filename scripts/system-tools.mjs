// Tools that tests need and npm does not have. Each is installed with apt-get where that is at hand.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const runs = (command, ...words) =>
  spawnSync(command, words.length > 0 ? words : ['--version'], { stdio: 'ignore' }).status === 0

// A name says as well what to install where this script cannot.
const tools = [
  {
    name: '`script`, a terminal for programs (Debian package `bsdutils`)',
    package: 'bsdutils',
    isHere: () => runs('script')
  },
  {
    name: '`openssl`, which makes certificates (Debian package `openssl`)',
    package: 'openssl',
    isHere: () => runs('openssl', 'version')
  },
  {
    // packages/testing/src/browser.ts looks for it in the same places.
    name: 'Chromium (Debian package `chromium`; the variable CHROMIUM names the program where it is elsewhere)',
    package: 'chromium',
    isHere: () => existsSync(process.env.CHROMIUM || '/usr/bin/chromium')
  },
  {
    name: 'Jekyll (Debian package `jekyll`)',
    package: 'jekyll',
    isHere: () => runs('jekyll')
  },
  ...['jekyll-feed', 'jekyll-seo-tag'].map((gem) => ({
    name: `the gem ${gem}, which examples/jekyll-blog uses (Debian package \`ruby-${gem}\`)`,
    package: `ruby-${gem}`,
    isHere: () => runs('ruby', '-e', `gem '${gem}'`)
  })),
  {
    name: 'Hugo (Debian package `hugo`)',
    package: 'hugo',
    isHere: () => runs('hugo', 'version')
  }
]

/** Installs what is missing; with `SITEDRIVE_INSTALL=0` nothing. @returns the names of tools that this machine still lacks */
export function installSystemTools() {
  const missing = tools.filter(({ isHere }) => !isHere())
  const mayInstall = process.env.SITEDRIVE_INSTALL !== '0'
  if (missing.length > 0 && mayInstall && process.getuid?.() === 0 && runs('apt-get')) {
    const names = missing.map((tool) => tool.package)
    console.log(
      `Installing the system packages ${names.join(', ')} for the tests. ` +
        'To go without, end this (Ctrl-C) and set SITEDRIVE_INSTALL=0: the tests that need them are skipped.'
    )
    const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
    spawnSync('apt-get', ['update', '-qq'], options)
    // One by one: a package that this system does not have must not keep the others away.
    for (const name of names)
      spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], options)
  }
  return missing.filter(({ isHere }) => !isHere()).map(({ name }) => name)
}
