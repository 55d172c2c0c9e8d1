import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { SitedriveError } from '@sitedrive/core'

/** The command that starts Jekyll in a project. */
export interface JekyllCommand {
  /** The program and its first arguments; `build` and its options follow. */
  words: string[]
  /** Additional environment variables. */
  env: Record<string, string>
}

/**
 * Finds the project's Jekyll: `--jekyll`, else `bundle exec jekyll` when the Gemfile names Jekyll, else `jekyll`.
 *
 * @param given the value of `--jekyll`
 * @throws {SitedriveError} COMMAND_FAILED when it is not installed, with the command that installs it; BAD_OPTION when `given` is
 * empty
 */
export function findJekyll(
  projectDir: string,
  env: NodeJS.ProcessEnv,
  given: string | undefined,
  platform: NodeJS.Platform = process.platform
): JekyllCommand {
  const words = given?.split(/\s+/).filter(Boolean)
  if (words?.length === 0) {
    throw new SitedriveError(
      'BAD_OPTION',
      '`--jekyll` is empty. Name the command, such as `--jekyll bin/jekyll`.'
    )
  }
  const gemfile = gemfileOf(projectDir, env)
  if (words) {
    const [program = ''] = words
    if (!isProgram(program, projectDir, env, platform)) throw notFound(program, '`--jekyll` names it.')
    return { words, env: {} }
  }
  const missing = (program: string) => !isProgram(program, projectDir, env, platform)
  if (gemfile !== null) {
    if (missing('ruby') && missing('bundle')) throw notFound('ruby', remedyFor(platform))
    if (missing('bundle')) {
      throw notFound(
        'bundle',
        '`gem install bundler` installs it, `bundle install` then what the Gemfile names.'
      )
    }
    return { words: ['bundle', 'exec', 'jekyll'], env: {} }
  }
  if (missing('jekyll')) {
    throw notFound(
      'jekyll',
      missing('ruby')
        ? remedyFor(platform)
        : '`gem install jekyll` installs it; so may your system’s packages.'
    )
  }
  // A Gemfile without Jekyll is for other tools. Without this variable, `jekyll` would load it.
  return { words: ['jekyll'], env: { JEKYLL_NO_BUNDLER_REQUIRE: 'true' } }
}

/** The Gemfile that Bundler uses; null when there is none, or when it does not name Jekyll. */
function gemfileOf(projectDir: string, env: NodeJS.ProcessEnv): string | null {
  const file = path.resolve(projectDir, env['BUNDLE_GEMFILE'] || 'Gemfile')
  if (!existsSync(file)) return null
  const texts = [file, `${file}.lock`]
    .filter((each) => existsSync(each))
    .map((each) => readFileSync(each, 'utf8'))
  const isForJekyll = texts.some((text) =>
    /^\s*gem[\s(]+['"](jekyll|github-pages)['"]|^ {4}jekyll \(/m.test(text)
  )
  return isForJekyll ? file : null
}

function isProgram(
  name: string,
  projectDir: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform
): boolean {
  const endings = platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : ['']
  const folders = name.includes('/')
    ? [projectDir]
    : (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter(Boolean)
  return folders.some((folder) => endings.some((ending) => isExecutable(path.resolve(folder, name + ending))))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function notFound(program: string, remedy: string): SitedriveError {
  return new SitedriveError('COMMAND_FAILED', `There is no \`${program}\` on this machine. ${remedy}`)
}

/** How to install Ruby and Jekyll on this system. */
function remedyFor(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'Install Ruby and Jekyll: `brew install ruby && gem install jekyll`.'
  if (platform === 'win32') return 'Install Ruby from https://rubyinstaller.org, then: `gem install jekyll`.'
  const kind = linuxKind()
  const command = /debian|ubuntu/.test(kind)
    ? 'sudo apt-get install jekyll'
    : /fedora|rhel/.test(kind)
      ? 'sudo dnf install ruby ruby-devel gcc make && gem install jekyll'
      : /arch/.test(kind)
        ? 'sudo pacman -S ruby base-devel && gem install jekyll'
        : null
  return command === null
    ? 'Install Ruby, then: `gem install jekyll`. See https://jekyllrb.com/docs/installation/.'
    : `Install Jekyll: \`${command}\`.`
}

function linuxKind(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8')
    return [...text.matchAll(/^ID(?:_LIKE)?="?(.*?)"?$/gm)].map(([, value]) => value).join(' ')
  } catch {
    return ''
  }
}
