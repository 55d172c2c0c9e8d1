import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { Program } from './program.mjs'
import { SiteFolder } from './site-folder.mjs'

/** What the programs inherit from this process. */
const { PATH } = process.env

/** A machine: its data directory, a project folder, and the folder that its builds write. */
export class Machine {
  #backupCount = 0

  /**
   * @param {string} name
   * @param {string} root an empty folder
   * @param {{ random: import('./random.mjs').Random, bootstrap: string, secret?: string, entrance?: string[] }} options
   *   `entrance`: see Program
   */
  constructor(name, root, { random, bootstrap, secret, entrance }) {
    this.name = name
    this.entrance = entrance
    this.home = path.join(root, 'home')
    this.project = path.join(root, name)
    this.out = path.join(this.project, 'out')
    for (const dir of [this.home, this.out]) mkdirSync(dir, { recursive: true })
    this.folder = new SiteFolder(this.out, random)
    this.env = {
      PATH,
      HOME: root,
      NO_COLOR: '1',
      SITEDRIVE_HOME: this.home,
      SITEDRIVE_BOOTSTRAP: bootstrap,
      SITEDRIVE_CHECKS: 'off',
      ...(secret && { SITEDRIVE_SECRET: secret })
    }
    /** Copies of the data directory, oldest first. */
    this.backups = []
  }

  start(...words) {
    return new Program(words, { cwd: this.project, env: this.env, entrance: this.entrance })
  }

  /** Runs a command to its good end. @returns its JSON answer */
  async run(...words) {
    const program = this.start(...words)
    const ended = await program.ended
    if (ended !== 0)
      throw new Error(
        `\`sitedrive ${words.join(' ')}\` of ${this.name} ended with ${ended}: ${program.stderr}`
      )
    return program.answer
  }

  backUp() {
    const to = `${this.home}-backup-${this.#backupCount++}`
    copy(this.home, to)
    this.backups.push(to)
  }

  /** Puts an older copy of the data directory back: the same files with older bytes, as a snapshot of a disk does it. */
  putBack(backup) {
    for (const name of filesIn(this.home))
      if (!existsSync(path.join(backup, name))) rmSync(path.join(this.home, name))
    copy(backup, this.home)
  }

  /** Puts an older copy in the place of the data directory: other files with older bytes, as from a backup. */
  replaceBy(backup) {
    rmSync(this.home, { recursive: true })
    copy(backup, this.home)
  }
}

function filesIn(dir) {
  return readdirSync(dir, { recursive: true }).filter((name) => statSync(path.join(dir, name)).isFile())
}

/** Into a folder that may be there: then its files keep their inodes and get other bytes. */
function copy(from, to) {
  mkdirSync(to, { recursive: true })
  const { status, stderr } = spawnSync('cp', ['-a', `${from}/.`, to], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${from} could not be copied: ${stderr}`)
}
