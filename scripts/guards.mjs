// Takes each guard out in turn and shows that a test fails without it: a guard that no test misses guards nothing.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root, setup } from './setup.mjs'

/**
 * `find` must stand exactly once in the file; `without` takes its place; then `test` must fail.
 * The file and the test are of `package`, a folder of `packages`: `core` where nothing is said.
 * `isLong`: the test is one of `npm run long`.
 */
const guards = [
  {
    name: 'ask: a store that is behind is refused',
    file: 'src/session/refuse-risk.ts',
    find: "if (before.kind === 'behind') throw storeBehind(key, before.why)",
    without: '',
    test: ['bad-input', 'restored in place from an older copy']
  },
  {
    name: 'ask: a store of the same length is recognised as another',
    file: 'src/session/history-check.ts',
    find: "if (isOther) return 'its index is as long as the one that was signed here, and another'",
    without: '',
    test: ['history-check', 'being another of the same length']
  },
  {
    name: 'ask: a store that was copied is refused',
    file: 'src/holepunch/site-store.ts',
    find: "if (!acceptCopy || !(error instanceof SitedriveError) || error.code !== 'STORE_COPIED') throw error",
    without: '',
    test: ['bad-input', 'copied from another place']
  },
  {
    name: 'secrets: a publish is refused before the first signature',
    file: 'src/publish/publish-build.ts',
    find: 'await secrets.refuse(found, known, project.secrets?.allow ?? [])',
    without: '',
    test: ['secrets/refuse', 'is refused before the first signature']
  },
  {
    name: 'secrets: no key is made for a site with a secret in it',
    file: 'src/publish/publish-folder.ts',
    find: 'await secrets.refuse(found, new Map(), null)',
    without: '',
    test: ['secrets/refuse', 'that is the first makes no key']
  },
  {
    name: 'secrets: what is stored is what was searched',
    file: 'src/publish/publish-build.ts',
    find: 'secrets.assertSearched(path, hash)',
    without: '',
    test: ['secrets/refuse', 'under the same stamp, is refused']
  },
  {
    name: 'secrets: pieces of a large file overlap',
    file: 'src/secrets/search-files.ts',
    find: 'Buffer.concat([kept, searchable(group, kind)])',
    without: 'searchable(group, kind)',
    test: ['secrets/refuse', 'in a file of many megabytes is refused']
  },
  {
    name: 'secrets: an exception is for one value',
    file: 'src/project/allowed-secrets.ts',
    find: 'secret.fingerprint.startsWith(fingerprint)',
    without: 'fingerprint !== null',
    test: ['secrets/refuse', 'lets that one through, and no other']
  },
  {
    name: 'secrets: values that this machine knows are looked for',
    file: 'src/secrets/secret-finder.ts',
    find: 'this.values.find(bytes, report)',
    without: '',
    test: ['secrets/refuse', 'what this machine knows to be secret']
  },
  {
    name: 'secrets: the words of a site are looked for in any markup',
    file: 'src/secrets/secret-finder.ts',
    find: 'this.words.find(bytes, report)',
    without: '',
    test: ['secrets/secret-finder', 'as the words that are known']
  },
  {
    name: 'secrets: escapes are read',
    file: 'src/secrets/secret-finder.ts',
    find: 'if (once === null) return',
    without: 'if (once === null || once.length > 0) return',
    test: ['secrets/written-otherwise', 'an escape hides no secret']
  },
  {
    name: 'secrets: examples are none',
    file: 'src/secrets/find-tokens.ts',
    find: 'value !== undefined && !isMadeUp(random)',
    without: 'value !== undefined && random !== null',
    test: ['secrets/secret-finder', 'no secret is']
  },
  {
    name: 'shrink: a folder that another build has filled since it was read is read again',
    file: 'src/folder/until-quiet.ts',
    find: 'const first = read ? stampsOf(() => read) : before',
    without: 'const first = before',
    test: ['bad-input', 'has filled since, is read again']
  },
  {
    name: 'ask: what is replaced while it is read is asked for again',
    file: 'src/session/read-history.ts',
    find: "if (!(error instanceof SitedriveError) || error.code !== 'NOT_HELD') throw error",
    without: 'throw error',
    test: ['seed-uplink', 'is fetched, and the publish goes on from there']
  },
  {
    name: 'ask: who was overtaken is not alone from then on',
    file: 'src/session/site-session.ts',
    find: 'if (this.head.exclusive && this.writer.isOvertaken) this.writeHead({ exclusive: false })',
    without: '',
    test: ['model/model', 'a copy that goes on by accepted loss']
  },
  {
    name: 'wire: a peer cannot name blocks without end',
    file: 'src/holepunch/core-guard.ts',
    find: 'const wrong = wrongRange(message, knownLength(channel))',
    without: 'const wrong = null',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: a peer cannot send a bitfield of anywhere',
    file: 'src/holepunch/core-guard.ts',
    find: 'const wrong = wrongBitfield(message, knownLength(channel))',
    without: 'const wrong = null',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: a peer cannot claim any length',
    file: 'src/holepunch/core-guard.ts',
    find: 'const wrong = wrongSync(message)',
    without: 'const wrong = null',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: a peer cannot ask for any place',
    file: 'src/holepunch/core-guard.ts',
    find: 'const wrong = wrongRequest(message)',
    without: 'const wrong = null',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: a peer cannot send any proof',
    file: 'src/holepunch/core-guard.ts',
    find: 'const wrong = wrongData(message)',
    without: 'const wrong = null',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: a peer cannot send any extension',
    file: 'src/holepunch/core-guard.ts',
    find: 'const wrong = wrongExtension(message)',
    without: 'const wrong = null',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: an upgrade by nothing ends no process',
    file: 'src/holepunch/core-messages.ts',
    find: "if (length < 1) return 'an upgrade by no block'",
    without: '',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: batches are not nested',
    file: 'src/holepunch/mux-frame.ts',
    find: "if (type === BATCH) facts.broken = 'a batch within a batch'",
    without: '',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: opening channels is work',
    file: 'src/holepunch/wire-guard.ts',
    find: 'if (opens > 0 && !this.spend(opens * OPEN_COST)) return',
    without: '',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: no frame costs more than a second',
    file: 'src/holepunch/wire-guard.ts',
    find: 'if (this.frameWork > WORK_IN_A_FRAME)',
    without: 'if (this.frameWork > 1e15)',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: who says nothing new is cut off',
    file: 'src/holepunch/wire-guard.ts',
    find: 'else if (!isNews && this.idleTalk.spend(1) > 0) this',
    without: 'else if (this.idleTalk === null) this',
    test: ['wire-guard', 'who says little at a time']
  },
  {
    name: 'wire: no error of a frame leaves its connection',
    file: 'src/holepunch/wire-guard.ts',
    find: 'if (isTheirs) this.breaks(messageOf(error))',
    without: 'if (isTheirs) super._safeDestroy(error)',
    test: ['wire-guard', 'that Protomux would throw']
  },
  {
    name: 'wire: what peers claim to have takes bounded memory',
    file: 'src/holepunch/wire-guard.ts',
    find: 'if (pages > MAX_PAGES)',
    without: 'if (pages > 1e9)',
    test: ['wire-guard', 'what many peers claim']
  },
  {
    name: 'wire: requests that wait are bounded',
    file: 'src/holepunch/core-guard.ts',
    find: 'if (this.waiting.size <= MAX_WAITING) return null',
    without: 'return null',
    test: ['wire-guard', 'does not read what it asks']
  },
  {
    name: 'wire: who offends three times is refused',
    file: 'src/holepunch/offenders.ts',
    find: 'return record !== undefined && record.refusedUntil > this.now()',
    without: 'return false',
    test: ['wire-guard', 'is let in twice more']
  },
  {
    name: 'wire: what is no JSON is no error',
    file: 'src/holepunch/bounded-json.ts',
    find: '        return null\n      }',
    without: "        throw new SyntaxError('x')\n      }",
    test: ['wire-guard', 'no JSON from']
  },
  {
    name: 'wire: long JSON is not parsed',
    file: 'src/holepunch/bounded-json.ts',
    find: 'if (state.end - state.start > maxBytes) return skipped(state)',
    without: '',
    test: ['wire-guard', 'long JSON from']
  },
  {
    name: 'wire: cores in one message are bounded',
    file: 'src/holepunch/seed-protocol.ts',
    find: 'if (cores.length > MAX_CORES)',
    without: 'if (cores.length > 1e9)',
    test: ['wire-guard', 'more cores in one']
  },
  {
    name: "wire: a mirror's address is one",
    file: 'src/holepunch/seed-protocol.ts',
    find: '(mirror === null || isWebAddress(mirror))',
    without: 'true',
    test: ['wire-guard', 'no JSON from a seed']
  },
  {
    name: 'bump: a machine that may not be alone moves to a higher fork',
    file: 'src/session/site-session.ts',
    find: 'if (!isAlone) await writer.bump(fork, this.content.blocks, this.latest ? at.version : 0)',
    without: '',
    test: ['two-machines', 'with an older copy of the store takes over without a conflict']
  },
  {
    name: 'bump: after a publish that did not end',
    file: 'src/session/history-check.ts',
    find: "if (head.exclusive && head.intent) return { kind: 'unfinished' }",
    without: "if (head.exclusive && head.intent) return { kind: 'alone' }",
    test: ['two-machines', 'moves to a higher fork after a publish that did not end']
  },
  {
    name: 'bump: a copy is never exclusive',
    file: 'src/session/open-session.ts',
    find: 'if (signed?.exclusive && (acceptLoss || isNotAlone)) {',
    without: 'if (signed?.exclusive && acceptLoss && signed.version < 0) {',
    test: ['bad-input', 'copied from another place']
  },
  {
    name: 'blobs: only what lies above the newest intact release is cut off',
    file: 'src/session/intact.ts',
    find: 'return missing === null ? end : null',
    without: 'return null',
    test: ['lost-content', 'stores only what changed']
  },
  {
    name: 'blobs: what could not be read is not lost',
    file: 'src/session/seed-uplink.ts',
    find: 'if (silent !== null) throw unread(silent)\n    return false',
    without: 'return false',
    test: ['lost-content', 'is not taken for lost']
  },
  {
    name: 'blobs: without a seed nothing is lost',
    file: 'src/session/intact.ts',
    find: 'if (missing !== null && !uplink.hasSeeds) throw notHere(release)',
    without: '',
    test: ['lost-content', 'no seed is named']
  },
  {
    name: 'blobs: other blocks of another fork do not stand for those of the index',
    file: 'src/session/intact.ts',
    find: "return (await hashesOf(blob, writer, uplink, writer.coreFork('blobs'))).includes(hash)",
    without: 'return true',
    test: ['lost-content', 'do not stand for them']
  },
  {
    name: 'blobs: to go on from an earlier end, its tree nodes are fetched',
    file: 'src/session/intact.ts',
    find: 'if (!(await canGoOnFrom(blocks, writer, uplink))) {',
    without: 'if (blocks < 0) {',
    test: ['model/model', 'a machine without data goes on from an earlier release']
  },
  {
    name: 'rollback: what is pointed at is read and compared',
    file: 'src/publish/publish-rollback.ts',
    find: "await content.prove(changes.flatMap(({ op, path }) => (op === 'remove' ? [] : provable(path, files))))",
    without: '',
    test: ['lost-content', 'leads to other bytes']
  },
  {
    name: 'rollback: a release whose content is lost is refused',
    file: 'src/publish/publish-rollback.ts',
    find: 'if (content.isLost(number)) throw lostRelease(number, session.latest?.release ?? number)',
    without: '',
    test: ['lost-content', 'is stored again']
  },
  {
    name: 'hear: a machine that seems to be alone hears the seeds before it signs',
    file: 'src/session/site-session.ts',
    find: 'isOnlySigner(this.parts.check) && uplink.hasSeeds && (await uplink.holdMore(this.writer))',
    without: 'false',
    test: ['restored-in-place', 'publishes on from what the seed has']
  },
  {
    name: 'hear: a store that contradicts a seed is set aside',
    file: 'src/session/read-history.ts',
    find: 'if (isReplaced) await store.replace()',
    without: '',
    test: ['restored-in-place', 'signed other blocks at the same places']
  },
  {
    name: 'hear: the scan of a history that was replaced is not believed',
    file: 'src/session/known-files.ts',
    find: 'if (!isReplaced && cache?.version === version',
    without: 'if (cache?.version === version',
    test: ['restored-in-place', 'signed other blocks at the same places']
  },
  {
    name: 'hear: a seed that was not heard is offered nothing',
    file: 'src/session/seed-uplink.ts',
    find: 'if (!copy) return\n',
    without: "if (!copy) {\n  seed.problem = null\n  return this.dial(seed, writer, ['blobs', 'index'])\n}\n",
    test: ['restored-in-place', 'was not heard before the first signature']
  },
  {
    name: 'seeds: time in which this process did not run is no silence of theirs',
    file: 'src/session/seed-uplink.ts',
    find: 'Math.min(now - lookedAt, MAX_STEP_MS)',
    without: 'now - lookedAt',
    test: ['seed-uplink', 'did not run']
  },
  {
    name: 'seeds: the index comes after the blobs',
    file: 'src/session/seed-uplink.ts',
    find: "else copy.link.offer(writer, 'blobs')",
    without: 'else for (const part of PARTS) copy.link.offer(writer, part)',
    test: ['seed-uplink', 'the index never reaches a seed']
  },
  {
    name: 'seeds: as many must answer as could hide a release',
    file: 'src/session/refuse-risk.ts',
    find: 'if (answers.reached < answers.wanted) {',
    without: 'if (heard.reached < 0) {',
    test: ['seed-uplink', 'as many as could hide']
  },
  {
    name: 'seeds: what one says that it holds is read back',
    file: 'src/session/seed-uplink.ts',
    find: 'if (proven) seed.confirmedAfterMs',
    without: 'if (proven || true) seed.confirmedAfterMs',
    test: ['seed-uplink', 'hands out none']
  },
  {
    name: 'what will be signed is written ahead',
    file: 'src/session/site-session.ts',
    find: 'intent: {\n        fork,',
    without: 'intent: false ? null : null, ...{\n        ignored: fork,',
    test: ['two-machines', 'notes how far it may sign before it signs']
  },
  {
    name: 'atomic: the index changes in one batch',
    file: 'src/holepunch/site-store.ts',
    find: 'const batch = this.drive.batch()',
    without:
      'const batch = Object.assign(Object.create(this.drive) as typeof this.drive, { flush: async () => {} })',
    test: ['two-machines', 'the whole index changes as one step']
  },
  {
    name: 'atomic: old bytes stay when the fork changes',
    file: 'src/holepunch/hyperdrive.ts',
    find: 'this.drive.blobs?.core.snapshot() ?? null',
    without: 'null',
    test: ['two-machines', 'holds an old release open']
  },
  {
    name: 'an empty dir is refused',
    file: 'src/publish/publish-folder.ts',
    find: 'if (found.files.length === 0 && !options.allow.empty) throw emptyDir(found)',
    without: '',
    test: ['bad-input', 'that is empty']
  },
  {
    name: 'removing more than half of a site asks',
    file: 'src/publish/publish-build.ts',
    find: 'await refuseShrinking(found, known, build)',
    without: '',
    test: ['bad-input', 'lacks more than half']
  },
  {
    name: 'shrink: what counts are paths, not contents',
    file: 'src/publish/refuse-shrinking.ts',
    find: 'if (!isTooMany(gone.length)) return',
    without:
      'if (movedPaths(gone, known, await compare(found, known, null, { signal })).length === gone.length) return',
    test: ['shrinking', 'though all content lies under other paths']
  },
  {
    name: 'shrink: another hash in a name makes no other path',
    file: 'src/publish/refuse-shrinking.ts',
    find: 'return masked === null || !added.has(masked)',
    without: 'return true',
    test: ['shrinking', 'other hashes in their names']
  },
  {
    name: 'a project folder is refused',
    file: 'src/publish/walk-build.ts',
    find: 'if (!allow.project) refuseProject(resolved, projectDir)',
    without: '',
    test: ['project-folder', 'makes no key and signs nothing']
  },
  {
    name: 'a folder around the project is refused',
    file: 'src/publish/refuse-project-folder.ts',
    find: 'if (isWithin(project, real)) return',
    without: 'if (real === project) return',
    test: ['project-folder', 'is refused of a folder around it']
  },
  {
    name: "another site's folder is refused",
    file: 'src/publish/refuse-project-folder.ts',
    find: 'return names.includes(PROJECT_FILE) && isOfOtherSite',
    without: "return names.includes('') && isOfOtherSite",
    test: ['project-folder', "another site's folder"]
  },
  {
    name: 'no pages: no key is made for a first release without any',
    file: 'src/publish/publish-folder.ts',
    find: 'await refusePageless(found, { allow, confirm })',
    without: '',
    test: ['first-release', 'before a key is made']
  },
  {
    name: 'no pages: a first release of a site that has its key is refused',
    file: 'src/publish/publish-folder.ts',
    find: 'if (!isNew && (!session.latest || hadPages)) await refusePageless(now, build)',
    without: '',
    test: ['first-release', 'that has its key already']
  },
  {
    name: 'one writer',
    file: 'src/machine/writer-lock.ts',
    find: 'while (!tryLockFile(fd)) {',
    without: 'while (!tryLockFile(fd) && Date.now() < 0) {',
    test: ['writer-lock', 'a second writer waits']
  },
  {
    name: 'no unbounded wait for another writer',
    file: 'src/machine/writer-lock.ts',
    find: 'if (waitedMs > options.timeoutMs) {',
    without: 'if (waitedMs > options.timeoutMs + 1e9) {',
    test: ['bad-input', 'whose lock another process keeps']
  },
  {
    name: 'a scan is not fooled by a time that was put back',
    file: 'src/folder/scan-cache.ts',
    find: 'stamp.ctimeMs === now.ctimeMs &&',
    without: '',
    test: ['publisher', 'long after it was read']
  },
  {
    name: 'a stamp is trusted only when it is older than a tick',
    file: 'src/folder/scan-cache.ts',
    find: 'return Math.max(mtimeMs, ctimeMs) + tickMs < readAtMs ? { size, mtimeMs, ctimeMs, ino } : null',
    without: 'return { size, mtimeMs, ctimeMs, ino }',
    test: ['scan-cache', 'younger than a tick']
  },
  {
    name: 'a damaged cache is made anew',
    file: 'src/disk/sealed-file.ts',
    find: 'text.slice(0, end) === seal(format, body) ? body : null',
    without: 'body',
    test: ['sealed-file', 'counts as none']
  },
  {
    name: 'a file is read as it stood at the walk',
    file: 'src/folder/file-bytes.ts',
    find: 'if (now.size !== stamp.size || now.mtimeMs !== stamp.mtimeMs || now.ino !== stamp.ino) throw changed(file)',
    without: '',
    test: ['bad-input', 'changes while it is read']
  },
  {
    name: 'dot files stay out',
    file: 'src/folder/walk.ts',
    find: "if (name.startsWith('.') && drivePath !== '/.well-known') return 'dot file'",
    without: '',
    test: ['publisher', 'counted and named by reason']
  },
  {
    name: 'links that leave the dir stay out',
    file: 'src/folder/walk.ts',
    find: "if (!isInside(real, root)) return 'link out of the dir'",
    without: '',
    test: ['bad-input', 'inside the dir are followed']
  },
  {
    name: 'reserved paths stay out',
    file: 'src/folder/walk.ts',
    find: "if (isReserved(drivePath)) return 'reserved'",
    without: '',
    test: ['publisher', 'counted and named by reason']
  },
  {
    name: 'the output dir and the data directory lie apart',
    file: 'src/machine/data-dir.ts',
    find: 'if (!isInside(dir, home) && !isInside(home, dir)) return',
    without: 'if (dir !== home) return',
    test: ['bad-input', 'lies in the data directory']
  },
  {
    name: 'a clone is not published by accident',
    file: 'src/identity/permission.ts',
    find: 'if (!isOwn) {',
    without: 'if (!isOwn && projectDir === folders) {',
    test: ['permission', 'from a clone']
  },
  {
    name: 'CI never makes a key',
    file: 'src/identity/permission.ts',
    find: "if (!isCi(env) && !env['SITEDRIVE_SECRET'] && !env[SECRET_KEPT_VARIABLE]) return { kind: 'mint' }",
    without: "if (env) return { kind: 'mint' }",
    test: ['permission', 'never makes a key']
  },
  {
    name: 'secret: a process that was not given it makes no key instead',
    file: 'src/identity/permission.ts',
    find: " && !env[SECRET_KEPT_VARIABLE]) return { kind: 'mint' }",
    without: ") return { kind: 'mint' }",
    test: ['permission', 'parent keeps makes no key']
  },
  {
    name: 'secret: a process that was not given it leaves publishing to its parent',
    file: 'src/identity/permission.ts',
    find: 'if (!isOwn && env[SECRET_KEPT_VARIABLE]) return secretKept(env)',
    without: '',
    test: ['permission', 'leaves publishing to a parent']
  },
  {
    name: 'secret: it has no other name either',
    file: 'src/machine/child-environment.ts',
    find: '!(secret.length >= SHORTEST_SECRET && value?.includes(secret))',
    without: 'true',
    test: ['child-environment', 'under no other name']
  },
  {
    name: 'secret: the build of `sitedrive run` never sees it',
    package: 'cli',
    file: 'src/run-build-command.ts',
    find: "env: childEnvironment(options.env, 'sitedrive run')",
    without: 'env: options.env',
    test: ['run', 'the build never sees it']
  },
  {
    name: 'secret: the browser never sees it',
    package: 'cli',
    file: 'src/sitedrive-main.ts',
    find: 'takeEnvironment())',
    without: 'process.env)',
    test: ['watch', 'the browser is not given the secret']
  },
  {
    name: 'secret: the build of *Publish all* never sees it',
    package: 'preview',
    file: 'src/review/child-build.ts',
    find: 'env: childEnvironment(env, keeper)',
    without: 'env',
    test: ['review/secret', 'keeps it from the build']
  },
  {
    name: 'secret: the process of a live preview never sees it',
    package: 'preview',
    file: 'src/process/start-live-preview.ts',
    find: 'env: childEnvironment(withoutInspector(env))',
    without: 'env: withoutInspector(env)',
    test: ['live/process', 'has neither the secret']
  },
  {
    name: 'secret: builds in the background never see it',
    package: 'vite-plugin',
    file: 'src/background-builder.ts',
    find: 'env: childEnvironment(forBuilds(process.env))',
    without: 'env: forBuilds(process.env)',
    test: ['dev', 'keeps the secret of the site from its process']
  },
  {
    name: 'a preview link that was mistyped is not repeated',
    package: 'core',
    file: 'src/identity/preview-link.ts',
    find: 'cause.message.replaceAll(address.trim(), shown(address.trim()))',
    without: 'cause.message',
    test: ['preview', 'is never repeated by an error']
  },
  {
    name: 'a hostile history is a typed error',
    file: 'src/release/release-record.ts',
    find: "if (release?.version !== version) throw invalid('no release ends there')",
    without: "if (!release) throw invalid('no release ends there')",
    test: ['release-record', 'a skip link that ends behind a later batch']
  },
  {
    name: 'the store holds no secret',
    file: 'src/holepunch/site-store.ts',
    find: 'const keylessIndex = store.get({ key, manifest })',
    without: 'const keylessIndex = store.get({ key, manifest, keyPair: keys.signing })',
    test: ['identity', 'nowhere in the store']
  },
  {
    name: 'preview: what was read while another build began is thrown away',
    file: 'src/preview/preview-drive.ts',
    find: 'if (!isCurrent()) return null',
    without: '',
    test: ['preview', 'is not read while a build runs']
  },
  {
    name: 'forks: requests that come too late are not held against the core that has moved',
    file: 'src/holepunch/answering.ts',
    find: 'if (!isPushed && msg.fork !== fork && hasJustMoved()) return tellToAskAgain(msg.id)',
    without: '',
    test: ['answering', 'goes on asking']
  },
  {
    name: 'preview: an emptied folder is no update',
    file: 'src/preview/preview-drive.ts',
    find: 'return whole.files.length === 0 ? null : { walk: whole, known: this.files }',
    without: 'return { walk: whole, known: this.files }',
    test: ['preview', 'survives the folder being deleted and made again']
  },
  {
    name: 'preview: what a failed build left is not looked at',
    file: 'src/preview/folder-preview.ts',
    find: 'const mustLook = this.isUnverified && !this.shown?.status.failure',
    without: 'const mustLook = this.isUnverified',
    test: ['preview', 'goes on saying why a build failed']
  },
  {
    name: 'preview: everything is compared a while after what was touched',
    file: 'src/preview/folder-preview.ts',
    find: 'if (build) this.isUnverified = build.touched !== null',
    without: '',
    test: ['preview', 'looks at once at what the generator touched']
  },
  {
    name: 'preview: one process writes it',
    file: 'src/preview/preview-lock.ts',
    find: "if (!(cause instanceof SitedriveError) || cause.code !== 'LOCK_TIMEOUT') throw cause",
    without: 'return { release() {} }',
    test: ['preview', 'is open in one process at a time']
  },
  {
    name: 'preview: names and contents are encrypted',
    file: 'src/preview/preview-drive.ts',
    find: 'return await openSiteWriter(place.store, keys, true)',
    without: 'return await openSiteWriter(place.store, { key: keys.key, signing: keys.signing }, true)',
    test: ['preview', 'without a readable name or word']
  },
  {
    name: 'checks: what is broken is refused before anything is signed',
    file: 'src/publish/publish-folder.ts',
    find: "if (options.checks === 'fail') await inspection.refuseBroken(await this.changesIn(now, session))",
    without: '',
    test: ['inspection', 'before anything is signed']
  },
  {
    name: 'checks: what is broken gets no key',
    file: 'src/publish/publish-folder.ts',
    find: 'await inspection.refuseBroken(allNew(found))',
    without: '',
    test: ['inspection', 'before a key is made']
  },
  {
    name: 'checks: one that breaks fails no publish',
    file: 'src/checks/inspection.ts',
    find: 'return { findings: [], checksProblem: messageOf(error) }',
    without: 'throw error',
    test: ['running-checks', 'fails no publish']
  },
  {
    name: 'checks: they end at a deadline',
    file: 'src/checks/running-checks.ts',
    find: 'Promise.race([work, late])',
    without: 'work',
    test: ['running-checks', 'given up at a deadline']
  },
  {
    name: 'sources: folders of other projects are not read',
    file: 'src/history/released-sources.ts',
    find: 'folders.set(folder, isInside(folder, projectDir))',
    without: 'folders.set(folder, true)',
    test: ['released-sources', 'outside the project']
  },
  {
    name: 'sources: links out of the project are not followed',
    file: 'src/history/released-sources.ts',
    find: 'isLink ? isInside(realpathSync(source), projectDir)',
    without: 'isLink ? true',
    test: ['released-sources', 'outside the project']
  },
  {
    name: 'sources: a text that is damaged is not shown',
    file: 'src/history/released-sources.ts',
    find: "return count === bytes && hash('sha256', text, 'base64url') === expected ?",
    without: 'return expected ?',
    test: ['released-sources', 'when it is damaged']
  },
  {
    name: 'record: words are cut',
    file: 'src/release/release-record.ts',
    find: 'text.length > MAX_TEXT_LENGTH ?',
    without: 'text.length < 0 ?',
    test: ['release-record', 'is cut where it is longer']
  },
  {
    name: 'review: other bytes than those that were published are not shown',
    file: 'src/release/release-view.ts',
    find: "hashOf('sha256', bytes, 'base64url') !== file.hash",
    without: 'false',
    test: ['release-view', 'where other bytes lie']
  },
  {
    name: 'content: sources outside of the project are not read',
    file: 'src/content/project-files.ts',
    find: 'return isWithin(file, this.dir) && statSync(file).isFile() ? file : null',
    without: 'return statSync(file).isFile() ? file : null',
    test: ['content/check-site', 'outside of the project']
  },
  {
    name: 'content: a page is parsed to a depth',
    file: 'src/content/parse-html.ts',
    find: 'if (++depth > MAX_DEPTH || ++elements > MAX_ELEMENTS) throw new TooMuch()',
    without: '',
    test: ['content/html-facts', 'nested divs']
  },
  {
    name: 'content: Markdown is parsed to a depth',
    file: 'src/content/markdown-facts.ts',
    find: 'if (TOO_DEEP.test(head.body)) {',
    without: 'if (TOO_DEEP.test(head.body) && !head.body) {',
    test: ['content/markdown-facts', 'nested lists']
  },
  {
    name: 'content: text from pages cannot act on a terminal',
    file: 'src/content/finding-list.ts',
    find: "printable(short).replaceAll('`', 'ˋ')",
    without: 'short',
    test: ['content/check-site', 'cannot act on a terminal']
  },
  {
    name: 'content: a title cannot turn the line that it is told in',
    file: 'src/content/summary-words.ts',
    find: ".replace(/[\\p{Cc}\\p{Cf}\\u2028\\u2029]/gu, ' ')",
    without: '',
    test: ['content/summarise', 'cannot turn']
  },
  {
    name: 'content: that a house was built is no build time',
    file: 'src/content/noise.ts',
    find: "(place === 'label' && isLaterBuild(from, value))",
    without: "place === 'label'",
    test: ['content/noise', 'when a house was built, said first']
  },
  {
    name: 'content: a date of many pages is of the build only on its day',
    file: 'src/content/summarise.ts',
    find: 'Math.abs(fresh - builtAtMs) > NEAR_MS',
    without: 'false',
    test: ['content/summarise', 'another day than that of the build']
  },
  {
    name: 'review: answers to its own names alone',
    package: 'preview',
    file: 'src/review/guard.ts',
    find: "return isOwnHost(req) ? null : { status: 403, why: 'This is no name of the review page.' }",
    without: 'return null',
    test: ['review/guard', 'DNS rebinding']
  },
  {
    name: 'review: is for no page of another origin, though it had the token',
    package: 'preview',
    file: 'src/review/guard.ts',
    find: 'if (origin !== undefined && origin !== `http://${req.headers.host}`) return FOREIGN',
    without: '',
    test: ['review/guard', 'from another origin, though it had the token']
  },
  {
    name: 'review: is open to whoever has the token alone',
    package: 'preview',
    file: 'src/review/guard.ts',
    find: "if (typeof given !== 'string' || !isEqual(given, this.token)) return NO_TOKEN",
    without: '',
    test: ['review/guard', 'without the token, or with another one']
  },
  {
    name: 'review: takes nothing that a form can send',
    package: 'preview',
    file: 'src/review/guard.ts',
    find: "return isJson(req) ? null : { status: 415, why: 'It takes JSON.' }",
    without: 'return null',
    test: ['review/guard', 'who sends what a form can send']
  },
  {
    name: 'review: pages before and after are sandboxed',
    package: 'preview',
    file: 'src/review/frames.ts',
    find: '; sandbox allow-scripts`',
    without: '`',
    test: ['review/guard', 'sandboxed wherever they are']
  },
  {
    name: 'review: pages before and after are framed by the review page alone',
    package: 'preview',
    file: 'src/review/frames.ts',
    find: "`frame-ancestors ${framedBy.join(' ')}; ",
    without: '`',
    test: ['review/guard', 'framed by the review page alone']
  },
  {
    name: 'review: what is run is the command that was shown',
    package: 'preview',
    file: 'src/review/publish-all.ts',
    find: 'request.command === plan.command && (request.script ?? null) === plan.script',
    without: 'true',
    test: ['review/publish-all', 'runs nothing but the command that the page has shown']
  },
  {
    name: 'review: a folder that is not bound is asked about first',
    package: 'preview',
    file: 'src/review/publish-all.ts',
    find: "if (!request.bind) throw new RefusedRun('NOT_BOUND', permission.message)",
    without: '',
    test: ['review/publish-all', 'asks before it runs the build of a folder']
  },
  {
    name: 'live preview: answers to names of this machine alone',
    package: 'preview',
    file: 'src/live/visitors.ts',
    find: 'const isThisMachine = isLoopbackName(host)',
    without: 'const isThisMachine = true',
    test: ['live/live-server', 'answers under names of this machine alone']
  },
  {
    name: 'mirror: a site sets no header that reaches beyond it',
    file: 'src/site-rules/headers-file.ts',
    find: "if (!mayBeSet(name)) report('name', name)\n  else if",
    without: 'if',
    test: ['site-rules/headers-file', 'reaches beyond the site is not set']
  },
  {
    name: 'seed: nobody gets more than the quota',
    package: 'peer',
    file: 'src/seed/pin-table.ts',
    find: '(quota === null || this.usedBy(payer) + more <= quota) &&',
    without: '',
    test: ['seed/pin-table', 'is told that it is over quota before anything is fetched']
  },
  {
    name: 'seed: all pins stay within the total',
    package: 'peer',
    file: 'src/seed/pin-table.ts',
    find: '(totalBytes === null || this.usedBytes + moreInAll <= totalBytes)',
    without: 'true',
    test: ['seed/pin-table', 'stay within the total']
  },
  {
    name: 'a build is whole when every output is written',
    package: 'vite-plugin',
    file: 'src/build-run.ts',
    find: 'return this.isClosed && isWhole',
    without: 'return this.isClosed',
    test: ['failures', 'in the second of several outputs']
  },
  {
    name: 'it is published after what other plugins do at last',
    package: 'vite-plugin',
    file: 'src/vite-build.ts',
    find: 'if (!config.builder) moveToEnd(config.plugins as Plugin[])',
    without: '',
    test: ['failures', 'in closeBundle of a plugin that comes later']
  },
  {
    name: 'environments are published when all are written',
    package: 'vite-plugin',
    file: 'src/vite-build.ts',
    find: 'for (const environment of all) apps().add(environment)',
    without: '',
    test: ['environments', 'are published once, when all are written']
  },
  {
    name: 'the builder of Vite 6 is waited for',
    package: 'vite-plugin',
    file: 'src/vite-build.ts',
    find: 'this.wrapBuilder(config.builder)',
    without: '',
    test: ['environments', 'of a Vite 6 build are published once']
  },
  {
    name: 'a build for a server is no site',
    package: 'vite-plugin',
    file: 'src/build-run.ts',
    find: "if (!this.isForBrowsers) return skip('Not published: this is a build for a server (SSR), not of a site.')",
    without: '',
    test: ['outputs', 'a build for a server is not published']
  },
  {
    name: 'a library is no site',
    package: 'vite-plugin',
    file: 'src/build-run.ts',
    find: "if (build.lib) return skip('Not published: this is a build of a library (`build.lib`), not of a site.')",
    without: '',
    test: ['outputs', 'a library is not published']
  },
  {
    name: 'a build that writes nothing is not published',
    package: 'vite-plugin',
    file: 'src/build-run.ts',
    find: "if (this.isUnwritten) return skip('Not published: this build wrote no file.')",
    without: '',
    test: ['outputs', 'a build that writes no file']
  },
  {
    name: 'a build for a server is told no address that nobody can read',
    package: 'vite-plugin',
    file: 'src/vite-sitedrive.ts',
    find: 'if (!ssr) return true',
    without: 'if (!ssr || ssr) return true',
    test: ['outputs', 'a build for a server is not published']
  },
  {
    name: 'builds of --watch never reach the site',
    package: 'vite-plugin',
    file: 'src/vite-build.ts',
    find: 'if (watch) this.watched?.built(run.verdict(this.project.dir))\n    else if (',
    without: 'if (',
    test: ['watch', 'shows each good build']
  },
  {
    name: 'Astro writes its pages after its builds',
    package: 'vite-plugin',
    file: 'src/vite-build.ts',
    find: "if (this.framework === 'Astro') return refused(ASTRO)",
    without: 'return judge(ended, dir)',
    test: ['frameworks', 'with Astro 5 what is refused is said'],
    isLong: true
  },
  {
    name: 'VitePress: the site’s own buildEnd comes first',
    package: 'vite-plugin',
    file: 'src/vitepress.ts',
    find: 'await buildEnd?.call(site, built)',
    without: '',
    test: ['frameworks', 'with VitePress 1 a build that fails'],
    isLong: true
  },
  {
    name: 'what is built for the preview goes to its own folder',
    package: 'vite-plugin',
    file: 'src/vite-sitedrive.ts',
    find: 'outDir === null ? { define } : {',
    without: 'outDir === null || outDir ? { define } : {',
    test: ['dev', 'never touches the project’s own output']
  },
  {
    name: 'what writes to the project’s output all the same is refused',
    package: 'vite-plugin',
    file: 'src/background-process.ts',
    find: 'if (stray === undefined) return',
    without: 'if (stray === undefined || outDir) return',
    test: ['dev', 'refuses a config that writes']
  },
  {
    name: 'what is built for the preview is not published',
    package: 'vite-plugin',
    file: 'src/vite-build.ts',
    find: 'claim(config, this) && backgroundOutDir() === null',
    without: 'claim(config, this)',
    test: ['dev', 'never touches the project’s own output']
  },
  {
    name: 'Jekyll cleans no home folder',
    package: 'jekyll-bridge',
    file: 'src/check-settings.ts',
    find: "[env['HOME'] || homedir(), 'your home folder'],",
    without: '',
    test: ['build', 'is or holds the home folder']
  },
  {
    name: 'Jekyll cleans no source',
    package: 'jekyll-bridge',
    file: 'src/check-settings.ts',
    find: "[source, 'the source folder'],",
    without: '',
    test: ['build', 'a destination above the source']
  },
  {
    name: 'Jekyll cleans no keys and stores',
    package: 'jekyll-bridge',
    file: 'src/check-settings.ts',
    find: "[home, 'the data directory of sitedrive, with keys and stores']",
    without: '',
    test: ['build', 'holds the data directory']
  },
  {
    name: 'a Jekyll that was killed has failed',
    package: 'jekyll-bridge',
    file: 'src/run-jekyll.ts',
    find: 'code ?? 128 + (signal ? constants.signals[signal] : 0)',
    without: 'code ?? 0',
    test: ['build', 'a Jekyll that is killed']
  },
  {
    name: 'the secret is not for Jekyll',
    package: 'jekyll-bridge',
    file: 'src/run-jekyll.ts',
    find: 'env: childEnvironment(\n      { ...env, ...localeFor(env), ...command.env, SITEDRIVE_JEKYLL_EVENTS: String(EVENTS_FILE) },\n      keeper\n    )',
    without:
      'env: { ...env, ...localeFor(env), ...command.env, SITEDRIVE_JEKYLL_EVENTS: String(EVENTS_FILE) }',
    test: ['build', 'secret is not for Jekyll']
  },
  {
    name: 'a Jekyll that hangs is ended',
    package: 'jekyll-bridge',
    file: 'src/run-jekyll.ts',
    find: 'setTimeout(killNow, STOP_MS).unref()',
    without: '',
    test: ['serve', 'when Jekyll hangs']
  },
  {
    name: 'what is published has no drafts',
    package: 'jekyll-bridge',
    file: 'src/own-build.ts',
    find: '!OF_DEV_RUNS.test(word) && ',
    without: '',
    test: ['own-build', 'what publishes what']
  },
  {
    name: 'proof: a release with a file that is not what was signed does not replace a whole one',
    package: 'mirror',
    file: 'src/copy/site-copy.ts',
    find: 'if (proof.damaged.length > 0 && isBetter) {',
    without: 'if (proof.damaged.length < 0) {',
    test: ['proof', 'does not take the place of one that is whole']
  },
  {
    name: 'proof: a file that was found not to be what was signed is not served',
    package: 'mirror',
    file: 'src/mirror/plan.ts',
    find: "if (state.damaged?.has(entry.path)) return { kind: 'ready', answer: DAMAGED }",
    without: '',
    test: ['proof', 'is shown where there is nothing better']
  },
  {
    name: 'proof: a small file is compared before it is sent',
    package: 'mirror',
    file: 'src/mirror/read-blob.ts',
    find: "if (claim === null || hash('sha256', bytes, 'base64url') === claim) return bytes",
    without: 'if (bytes.length >= 0) return bytes',
    test: ['proof', 'compares what was never complete']
  },
  {
    name: 'proof: a large file is compared before its end is sent',
    package: 'mirror',
    file: 'src/mirror/send-blob.ts',
    find: 'if (check && sent + value.length === byteLength && !check.isRight()) return fail(res, sent)',
    without: '',
    test: ['proof', 'compares what was never complete']
  },
  {
    name: 'proof: a check reads no more than is stored, whatever the index says',
    package: 'mirror',
    file: 'src/proof/prove-files.ts',
    find: 'left -= count',
    without: '',
    test: ['proof', 'is read through once']
  },
  {
    name: 'proof: bytes that cannot be read are no damage',
    package: 'mirror',
    file: 'src/proof/prove-files.ts',
    find: 'if (!signal?.aborted && (await isHeld(blob))) return NOWHERE',
    without: 'return NOWHERE',
    test: ['proof/prove-files', 'cannot be read are an error']
  },
  {
    name: 'proof: what was read while the core moved is not remembered',
    package: 'mirror',
    file: 'src/proof/prove-files.ts',
    find: 'if (why === null && proved.moves === moves)',
    without: 'if (why === null)',
    test: ['proof/prove-files', 'while the core moved']
  },
  {
    name: 'proof: what lies above the cut of a fork is forgotten',
    package: 'mirror',
    file: 'src/proof/proved-files.ts',
    find: 'if (end <= below) valid',
    without: 'valid',
    test: ['proof/proved-files', 'leaves what lies below the cut']
  },
  {
    name: 'proof: a release that is lost is gone',
    package: 'mirror',
    file: 'src/mirror/site-listener.ts',
    find: 'if (site.isLost?.(release)) return sendText(res, 410, notHeld(release))',
    without: '',
    test: ['proof', 'nobody holds any more']
  },
  {
    name: "conflict: a peer's cores stay open",
    file: 'src/holepunch/conflicts.ts',
    find: 'core.closeAllSessions = async () => {}',
    without: '',
    test: ['conflicts', 'keeps what it has, in silence']
  },
  {
    name: 'conflict: nothing is printed',
    file: 'src/holepunch/conflicts.ts',
    find: 'if (core.header) refuseToFreeze(core, core.header)',
    without: '',
    test: ['conflicts', 'closes its sessions, and prints nothing']
  },
  {
    name: 'conflict: two who go on do not prove it to each other for ever',
    file: 'src/holepunch/conflicts.ts',
    find: 'others.has(from) || check(proof, from)',
    without: 'check(proof, from)',
    test: ['conflicts', 'proves nothing over and over']
  },
  {
    name: 'conflict: whoever signs at a higher fork is heard again',
    file: 'src/holepunch/conflicts.ts',
    find: 'if (message.fork !== fork) {',
    without: 'if (message.fork < 0) {',
    test: ['conflicts', 'follows whoever signs at a higher fork']
  }
]

setup()
const only = process.argv[2]
const copies = new Map()
const failures = []
let tried = 0
try {
  for (const guard of guards) {
    const { name, package: folder = 'core' } = guard
    if (only && !`${folder}: ${name}`.includes(only)) continue
    tried++
    const source = readFileSync(path.join(root, 'packages', folder, guard.file), 'utf8')
    const problem =
      source.split(guard.find).length !== 2
        ? 'is not where this script looks for it'
        : tryWithout(guard, source, copyOf(folder))
    if (problem) failures.push(name)
    console.log(`${problem ? 'MISSING' : 'ok     '}  ${folder}: ${name}${problem ? `: ${problem}` : ''}`)
  }
} finally {
  for (const copy of copies.values()) rmSync(copy, { recursive: true, force: true })
}
console.log(`${tried - failures.length} guards that a test misses, ${failures.length} that none does`)
process.exitCode = failures.length > 0 ? 1 : 0

/** Of a package, a copy to change, beside it: what it inherits and imports is found as from the package itself. */
function copyOf(folder) {
  const made = copies.get(folder)
  if (made) return made
  const original = path.join(root, 'packages', folder)
  const copy = mkdtempSync(path.join(root, 'packages', '.guards-'))
  copies.set(folder, copy)
  for (const name of readdirSync(original)) {
    if (name === 'node_modules') symlinkSync(path.join(original, name), path.join(copy, name))
    else if (!name.startsWith('.'))
      cpSync(path.join(original, name), path.join(copy, name), { recursive: true })
  }
  return copy
}

function tryWithout({ file, find, without, test: [testFile, name], isLong }, source, copy) {
  const target = path.join(copy, file)
  if (runTest(copy, testFile, name, isLong) !== 0)
    return `its test \`${name}\` fails even with the guard, or there is none`
  writeFileSync(
    target,
    source.replace(find, () => without)
  )
  compile(copy)
  try {
    return runTest(copy, testFile, name, isLong) === 0
      ? `\`${name}\` in ${testFile}.test.ts passes without it`
      : null
  } finally {
    writeFileSync(target, source)
    compile(copy)
  }
}

/** Tests that start processes run what is compiled. What is written is so whether or not the types still fit. */
function compile(copy) {
  spawnSync('npx', ['tsc', '-p', path.join(copy, 'tsconfig.build.json'), '--noEmitOnError', 'false'], {
    cwd: root
  })
}

function runTest(copy, testFile, name, isLong) {
  const args = [
    'vitest',
    'run',
    '--root',
    copy,
    '--passWithNoTests=false',
    `test/${testFile}.test.ts`,
    '-t',
    name
  ]
  const { status, stdout } = spawnSync('npx', args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CI: '1', ...(isLong && { SITEDRIVE_LONG: '1' }) }
  })
  // Vitest is content when a name matches no test at all.
  return status === 0 && !/Tests\s.*\d+ passed/.test(stdout) ? 1 : status
}
