// Takes each guard out in turn and shows that a test fails without it: a guard that no test misses guards nothing.
//   npm run guards                     all of them
//   npm run guards "<part of a name>"  some
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import path from 'node:path'
import { root, setup } from './setup.mjs'

/**
 * `name` stands in the source as `// guard: <name>`, above the guarded statement. The statement is taken out; with `change`, its
 * first text is replaced by the second instead. Then `test`, the name of a test file and of a test in it, must fail.
 * The test is in the guard's own package, or, with `in`, in the folder of one that depends on it.
 * `isLong`: the test is one of `npm run long`.
 */
const guards = [
  {
    name: 'earlier: what an author has taken down stays down',
    change: [' || known.newest.files === 0', ''],
    test: ['site-server', 'still finds its parts'],
    isLong: true
  },
  {
    name: 'paths: nothing of an entry is lost',
    test: ['mirror/path-table', 'with more metadata']
  },
  {
    name: 'paths: a table tells of its own state alone',
    change: ['kept?.state.drive === state.drive', 'kept'],
    test: ['mirror/path-tables', 'release after release']
  },
  {
    name: 'host: a request is for one site',
    test: ['site-server', 'is asked for by one host']
  },
  {
    name: 'status: with a host of their own, the own pages are at no other for strangers',
    change: [' || isFromHere(req)', ' || true'],
    test: ['peer', 'at no other through a proxy']
  },
  {
    name: 'ask: a store that is behind is refused',
    test: ['bad-input', 'restored in place from an older copy']
  },
  {
    name: 'ask: a store of the same length is recognised as another',
    test: ['history-check', 'being another of the same length']
  },
  {
    name: 'ask: a store that was copied is refused',
    test: ['bad-input', 'copied from another place']
  },
  {
    name: 'a store keeps no logs of earlier publishes',
    test: ['store-logs', 'a store keeps no logs of the publishes before']
  },
  {
    name: 'a follower does not keep what it fetched in memory',
    test: ['feed/followed-feed', 'what a follower has fetched']
  },
  {
    name: 'an exchanged stylesheet is not kept',
    test: ['live/browser-assets', 'leaves nothing in memory']
  },
  {
    name: 'a peer keeps no logs of earlier starts',
    test: ['store-logs', 'who keeps what others sign']
  },
  {
    name: 'secrets: a publish is refused before the first signature',
    test: ['secrets/refuse', 'is refused before the first signature']
  },
  {
    name: 'secrets: no key is made for a site with a secret in it',
    test: ['secrets/refuse', 'that is the first makes no key']
  },
  {
    name: 'secrets: what is stored is what was searched',
    test: ['secrets/refuse', 'under the same stamp, is refused']
  },
  {
    name: 'secrets: pieces of a large file overlap',
    change: ['Buffer.concat([kept, searchable(group, kind)]', 'searchable(group, kind'],
    test: ['secrets/refuse', 'in a file of many megabytes is refused']
  },
  {
    name: 'secrets: an exception is for one value',
    change: ['secret.fingerprint.startsWith(fingerprint)', 'fingerprint !== null'],
    test: ['secrets/refuse', 'lets that one through, and no other']
  },
  {
    name: 'secrets: values that this machine knows are looked for',
    test: ['secrets/refuse', 'what this machine knows to be secret']
  },
  {
    name: 'secrets: the words of a site are looked for in any markup',
    test: ['secrets/secret-finder', 'as the words that are known']
  },
  {
    name: 'secrets: escapes are read',
    change: ['null', 'null || once.length > 0'],
    test: ['secrets/written-otherwise', 'an escape hides no secret']
  },
  {
    name: 'secrets: examples are none',
    change: ['!isMadeUp(random)', 'random !== null'],
    test: ['secrets/secret-finder', 'no secret is']
  },
  {
    name: 'shrink: a folder that another build has filled since it was read is read again',
    change: ['read ? stampsOf(() => read) : before', 'before'],
    test: ['bad-input', 'has filled since, is read again']
  },
  {
    name: 'ask: what is replaced while it is read is asked for again',
    change: ["if (!(error instanceof SitedriveError) || error.code !== 'NOT_HELD') throw", 'throw'],
    test: ['seed-uplink', 'is fetched, and the publish goes on from there']
  },
  {
    name: 'ask: who was overtaken is not alone from then on',
    test: ['model/model', 'a copy that goes on by accepted loss']
  },
  {
    name: "lan: an answer is of its sender's own address",
    change: ['Buffer.from(host)', "Buffer.from('127.0.0.3')"],
    test: ['lan-discovery', 'leads nobody to other addresses']
  },
  {
    name: 'lan: long packets are not read',
    test: ['lan-discovery', 'a long packet is not read']
  },
  {
    name: 'lan: records in one packet are bounded',
    test: ['lan-discovery', 'a long packet is not read']
  },
  {
    name: 'lan: nothing is said in a network of public addresses',
    change: [' && PRIVATE.check(address)', ''],
    test: ['lan-discovery', 'interfaces with private addresses']
  },
  {
    name: 'lan: few interfaces are used',
    change: ['MAX_INTERFACES', '1e9'],
    test: ['lan-discovery', 'interfaces with private addresses']
  },
  {
    name: 'lan: only the local network is heard',
    test: ['lan-discovery', 'is not heard from outside']
  },
  {
    name: 'lan: few connections are tried in a second',
    test: ['lan-discovery', 'leads to 16 attempts']
  },
  {
    name: 'lan: few peers of a site are remembered',
    test: ['lan-discovery', 'is 16 peers of a site']
  },
  {
    name: 'lan: one address is not many peers',
    test: ['lan-discovery', 'claims to be many peers']
  },
  {
    name: 'lan: few peers are remembered',
    test: ['lan-discovery', 'is 16 peers of a site']
  },
  {
    name: 'lan: one machine does not take the time for the others',
    test: ['lan-discovery', 'asks without end']
  },
  {
    name: 'lan: packets cause bounded work',
    test: ['lan-discovery', 'has many addresses']
  },
  {
    name: 'lan: a process does not answer itself',
    test: ['lan-discovery', 'a process does not answer itself']
  },
  {
    name: 'lan: a process does not dial itself',
    test: ['lan-discovery', 'leads nobody to other addresses']
  },
  {
    name: 'lan: no service is dialled',
    test: ['lan-discovery', 'leads nobody to other addresses']
  },
  {
    name: 'lan: a process has another name in another network',
    test: ['lan-discovery', 'has a new name there'],
    isLong: true
  },
  {
    name: 'lan: SITEDRIVE_LAN=0 turns it off',
    test: ['lan-discovery', 'unless the DHT is on this machine']
  },
  {
    name: 'lan: a DHT of this machine alone stays alone',
    change: ['!bootstrap.every(', '!!bootstrap.map('],
    test: ['lan-discovery', 'unless the DHT is on this machine']
  },
  {
    name: 'wire: a peer cannot name blocks without end',
    change: ['wrongRange(message, knownLength(channel))', 'null'],
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: a peer cannot send a bitfield of anywhere',
    change: ['wrongBitfield(message, knownLength(channel))', 'null'],
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: a peer cannot claim any length',
    change: ['wrongSync(message)', 'null'],
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: a peer cannot ask for any place',
    change: ['wrongRequest(message)', 'null'],
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: a peer cannot send any proof',
    change: ['wrongData(message)', 'null'],
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: a peer cannot send any extension',
    change: ['wrongExtension(message)', 'null'],
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: an upgrade by nothing ends no process',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: batches are not nested',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: nothing is looked up for peers',
    change: [', extension: false', ''],
    test: ['wire-guard', 'what a Hyperbee asks']
  },
  {
    name: 'wire: opening channels is work',
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: no frame costs more than a second',
    change: ['WORK_IN_A_FRAME', '1e15'],
    test: ['wire-guard', 'to a follower, is cut off']
  },
  {
    name: 'wire: who says nothing new is cut off',
    change: ['!isNew && this.redundantMessages.spend(1) > 0', 'this.redundantMessages === null'],
    test: ['wire-guard', 'who says little at a time']
  },
  {
    name: 'wire: no error of a frame leaves its connection',
    change: ['this.disconnect(messageOf(error)', 'super._safeDestroy(error'],
    test: ['wire-guard', 'that Protomux would throw']
  },
  {
    name: 'wire: what peers claim to have takes bounded memory',
    change: ['MAX_PAGES', '1e9'],
    test: ['wire-guard', 'what many peers claim']
  },
  {
    name: 'wire: requests that wait are bounded',
    change: ['if (this.waiting.size <= MAX_WAITING) return', 'return'],
    test: ['wire-guard', 'does not read what it asks']
  },
  {
    name: 'wire: who offends three times is refused',
    change: ['record !== undefined && record.refusedUntil > this.now()', 'false'],
    test: ['wire-guard', 'is let in twice more']
  },
  {
    name: 'wire: what is no JSON is no error',
    change: ['        return null\n      }', "        throw new SyntaxError('x')\n      }"],
    test: ['wire-guard', 'no JSON from']
  },
  {
    name: 'wire: long JSON is not parsed',
    test: ['wire-guard', 'long JSON from']
  },
  {
    name: 'wire: cores in one message are bounded',
    change: ['MAX_CORES', '1e9'],
    test: ['wire-guard', 'more cores in one']
  },
  {
    name: "wire: a mirror's address is one",
    change: ['(mirror === null || isWebAddress(mirror))', 'true'],
    test: ['wire-guard', 'no JSON from a seed']
  },
  {
    name: 'bump: a machine that may not be alone moves to a higher fork',
    test: ['two-machines', 'with an older copy of the store takes over without a conflict']
  },
  {
    name: 'bump: after a publish that did not end',
    change: ['unfinished', 'alone'],
    test: ['two-machines', 'moves to a higher fork after a publish that did not end']
  },
  {
    name: 'bump: a copy is never exclusive',
    change: ['(acceptLoss || isNotAlone)', 'acceptLoss && signed.version < 0'],
    test: ['bad-input', 'copied from another place']
  },
  {
    name: 'blobs: only what lies above the newest intact release is cut off',
    change: ['missing === null ? end : null', 'null'],
    test: ['lost-content', 'stores only what changed']
  },
  {
    name: 'blobs: what could not be read is not lost',
    test: ['lost-content', 'is not taken for lost']
  },
  {
    name: 'blobs: without a seed nothing is lost',
    test: ['lost-content', 'no seed is named']
  },
  {
    name: 'blobs: other blocks of another fork do not stand for those of the index',
    change: ["(await hashesOf(blob, writer, uplink, writer.coreFork('blobs'))).includes(hash)", 'true'],
    test: ['lost-content', 'do not stand for them']
  },
  {
    name: 'blobs: to go on from an earlier end, its tree nodes are fetched',
    change: ['!(await canGoOnFrom(blocks, writer, uplink))', 'blocks < 0'],
    test: ['model/model', 'a machine without data goes on from an earlier release']
  },
  {
    name: 'rollback: what is pointed at is read and compared',
    test: ['lost-content', 'leads to other bytes']
  },
  {
    name: 'rollback: a release whose content is lost is refused',
    test: ['lost-content', 'is stored again']
  },
  {
    name: 'hear: a machine that seems to be alone hears the seeds before it signs',
    change: [
      'isOnlySigner(this.parts.check) && uplink.hasSeeds && (await uplink.holdMore(this.writer))',
      'false'
    ],
    test: ['restored-in-place', 'publishes on from what the seed has']
  },
  {
    name: 'hear: a store that contradicts a seed is set aside',
    test: ['restored-in-place', 'signed other blocks at the same places']
  },
  {
    name: 'hear: the scan of a history that was replaced is not believed',
    change: ['!isReplaced && cache', 'cache'],
    test: ['restored-in-place', 'signed other blocks at the same places']
  },
  {
    name: 'hear: a seed that was not heard is offered nothing',
    change: [
      'if (!copy) return\n',
      "if (!copy) {\n  seed.problem = null\n  return this.dial(seed, writer, ['blobs', 'index'])\n}\n"
    ],
    test: ['restored-in-place', 'was not heard before the first signature']
  },
  {
    name: 'seeds: the round trips of a closed connection say nothing',
    change: ['link && !link.isClosed ? link : []', 'link ?? []'],
    test: ['seed-uplink', 'whose connection ended while the machine slept']
  },
  {
    name: 'seeds: no round trip keeps a seed from being dialled again',
    change: ['Math.min(MAX_REDIAL_MS, ', '('],
    test: ['seed-uplink', 'that is silent is dialled again']
  },
  {
    name: 'seeds: time in which this process did not run is no silence of theirs',
    change: ['Math.min(now - lookedAt, MAX_STEP_MS)', 'now - lookedAt'],
    test: ['seed-uplink', 'did not run']
  },
  {
    name: 'seeds: the index comes after the blobs',
    change: ["copy.link.offer(writer, 'blobs'", 'for (const part of PARTS) copy.link.offer(writer, part'],
    test: ['seed-uplink', 'the index never reaches a seed']
  },
  {
    name: 'seeds: as many must answer as could hide a release',
    change: ['answers.reached < answers.wanted', 'heard.reached < 0'],
    test: ['seed-uplink', 'as many as could hide']
  },
  {
    name: 'seeds: what one says that it holds is read back',
    change: ['proven', 'proven || true'],
    test: ['seed-uplink', 'hands out none']
  },
  {
    name: 'asking: what a seed says that it holds is read back',
    change: ['await this.readBack(site, heads, timeoutMs)', 'null'],
    test: ['ask-seeds', 'hands out none']
  },
  {
    name: 'asking: a publish that runs keeps its connections',
    change: ['(await whoHolds(paths.lock)) !== null', 'false'],
    test: ['ask-seeds', 'while a publish runs']
  },
  {
    name: 'what will be signed is written ahead',
    change: ['{\n       ', 'false ? null : null, ...{\n        ignored:'],
    test: ['two-machines', 'notes how far it may sign before it signs']
  },
  {
    name: 'atomic: the index changes in one batch',
    change: [
      'this.drive.batch(',
      'Object.assign(Object.create(this.drive) as typeof this.drive, { flush: async () => {} }'
    ],
    test: ['two-machines', 'the whole index changes as one step']
  },
  {
    name: 'atomic: nothing stays of an index whose publish was killed',
    test: ['append-in-pieces', 'what another machine has published meanwhile']
  },
  {
    name: 'atomic: old bytes stay when the fork changes',
    change: ['this.drive.blobs?.core.snapshot() ?? null', 'null'],
    test: ['two-machines', 'holds an old release open']
  },
  {
    name: 'an empty dir is refused',
    test: ['bad-input', 'that is empty']
  },
  {
    name: 'removing more than half of a site asks',
    test: ['bad-input', 'lacks more than half']
  },
  {
    name: 'shrink: what counts are paths, not contents',
    change: [
      '!isTooMany(gone.length)',
      'movedPaths(gone, known, await compare(found, known, null, { signal })).length === gone.length'
    ],
    test: ['shrinking', 'though all content lies under other paths']
  },
  {
    name: 'shrink: another hash in a name makes no other path',
    change: ['masked === null || !added.has(masked)', 'true'],
    test: ['shrinking', 'other hashes in their names']
  },
  {
    name: 'a project folder is refused',
    test: ['project-folder', 'makes no key and signs nothing']
  },
  {
    name: 'a folder around the project is refused',
    change: ['isWithin(project, real)', 'real === project'],
    test: ['project-folder', 'is refused of a folder around it']
  },
  {
    name: "another site's folder is refused",
    change: ['PROJECT_FILE', "''"],
    test: ['project-folder', "another site's folder"]
  },
  {
    name: 'no pages: no key is made for a first release without any',
    test: ['first-release', 'before a key is made']
  },
  {
    name: 'no pages: a first release of a site that has its key is refused',
    test: ['first-release', 'that has its key already']
  },
  {
    name: 'one writer',
    change: ['while (!tryLockFile(fd)) {', 'while (!tryLockFile(fd) && Date.now() < 0) {'],
    test: ['writer-process-lock', 'a second writer waits']
  },
  {
    name: 'no unbounded wait for another writer',
    change: ['options.timeoutMs', 'options.timeoutMs + 1e9'],
    test: ['bad-input', 'whose lock another process keeps']
  },
  {
    name: 'a scan is not fooled by a time that was put back',
    test: ['publisher', 'long after it was read']
  },
  {
    name: 'a stamp is trusted only when it is older than a tick',
    change: [
      'Math.max(mtimeMs, ctimeMs) + tickMs < readAtMs ? { size, mtimeMs, ctimeMs, ino } : null',
      '{ size, mtimeMs, ctimeMs, ino }'
    ],
    test: ['scan-cache', 'younger than a tick']
  },
  {
    name: 'a damaged cache is made anew',
    change: ['text.slice(0, end) === seal(format, body) ? body : null', 'body'],
    test: ['sealed-file', 'counts as none']
  },
  {
    name: 'a file is read as it stood at the walk',
    test: ['bad-input', 'changes while it is read']
  },
  {
    name: 'dot files stay out',
    test: ['publisher', 'counted and named by reason']
  },
  {
    name: 'links that leave the dir stay out',
    test: ['bad-input', 'inside the dir are followed']
  },
  {
    name: 'reserved paths stay out',
    test: ['publisher', 'counted and named by reason']
  },
  {
    name: 'the output dir and the data directory lie apart',
    change: ['!isInside(dir, home) && !isInside(home, dir)', 'dir !== home'],
    test: ['bad-input', 'lies in the data directory']
  },
  {
    name: 'a clone is not published by accident',
    change: ['!isOwn', '!isOwn && projectDir === folders'],
    test: ['permission', 'from a clone']
  },
  {
    name: 'CI never makes a key',
    change: ["!isCi(env) && !env['SITEDRIVE_SECRET'] && !env[SECRET_KEPT_VARIABLE]", 'env'],
    test: ['permission', 'never makes a key']
  },
  {
    name: 'secret: a process that was not given it makes no key instead',
    change: [' && !env[SECRET_KEPT_VARIABLE]', ''],
    test: ['permission', 'parent keeps makes no key']
  },
  {
    name: 'secret: a process that was not given it leaves publishing to its parent',
    test: ['permission', 'leaves publishing to a parent']
  },
  {
    name: 'secret: it has no other name either',
    change: ['!(secret.length >= SHORTEST_SECRET && value?.includes(secret))', 'true'],
    test: ['child-environment', 'under no other name']
  },
  {
    name: 'secret: the build of `sitedrive run` never sees it',
    change: ["childEnvironment(options.env, 'sitedrive run')", 'options.env'],
    test: ['run', 'the build never sees it']
  },
  {
    name: 'secret: the browser never sees it',
    change: ['takeEnvironment()', 'process.env'],
    test: ['watch', 'the browser is not given the secret']
  },
  {
    name: 'secret: the build of *Publish all* never sees it',
    change: ['env: childEnvironment(env, keeper)', 'env'],
    test: ['review/secret', 'keeps it from the build']
  },
  {
    name: 'secret: the process of a live preview never sees it',
    change: ['childEnvironment(withoutInspector(env)', 'withoutInspector(env'],
    test: ['live/process', 'has neither the secret']
  },
  {
    name: 'secret: builds in the background never see it',
    change: ['childEnvironment(forBuilds(process.env)', 'forBuilds(process.env'],
    test: ['dev', 'keeps the secret of the site from its process']
  },
  {
    name: 'a preview link that was mistyped is not repeated',
    change: ['cause.message.replaceAll(address.trim(), shorten(address.trim()))', 'cause.message'],
    test: ['preview', 'is never repeated by an error']
  },
  {
    name: 'a hostile history is a typed error',
    change: ['release?.version !== version', '!release'],
    test: ['release-record', 'a skip link that ends behind a later batch']
  },
  {
    name: 'the store holds no secret',
    change: ['manifest', 'manifest, keyPair: keys.signing'],
    test: ['identity', 'nowhere in the store']
  },
  {
    name: 'preview: what was read while another build began is thrown away',
    test: ['preview', 'is not read while a build runs']
  },
  {
    name: 'a store that was never finished is none',
    change: ["if (names.includes('CURRENT')) return true", 'return true'],
    test: ['unfinished-store', 'is none']
  },
  {
    name: 'watch: an emptied file is waited for',
    test: ['watch-folder', 'is slow to write']
  },
  {
    name: 'preview: a file that is being written is not shown half',
    test: ['preview', 'heard of only after the read']
  },
  {
    name: 'preview: no more is read when another build begins',
    change: ['{ signal }', '{}'],
    test: ['preview', 'is read no further when a build begins']
  },
  {
    name: 'forks: requests that come too late are not held against the core that has moved',
    test: ['fork-workarounds', 'goes on asking']
  },
  {
    name: 'forks: a peer is watched once, however often its core is opened',
    test: ['fork-workarounds', 'an answer counts once']
  },
  {
    name: 'a whole history, which holds what was taken out, goes out by no wildcard',
    test: ['walk', 'writes out no name that is kept out']
  },
  {
    name: 'a pattern that is misread would publish what it names',
    change: ['faultlessText(file, bytes)', 'bytes.toString()'],
    test: ['written-text', '.sitedriveignore with']
  },
  {
    name: 'what a script fetches is the page as it was written, since it may show a part of it',
    change: ['isBare: !isOpened(req)', 'isBare: false'],
    test: ['live/browser-fragments', 'gets them as they were written']
  },
  {
    name: 'a usual port that is taken ends no peer',
    change: ['web.port === undefined && isTaken(error)', 'false'],
    test: ['peer', 'takes another port']
  },
  {
    name: 'seeds: what a sleep cut off is read back anew',
    change: ['wakes === before', 'true'],
    test: ['seed-copy', 'is read back anew']
  },
  {
    name: "web address: that of another machine's `localhost` is none",
    change: [' || !(isHere || (await leadsThere(url, seed)))', ''],
    test: ['web-addresses', 'and no other']
  },
  {
    name: 'web address: a peer of this machine is known by its connection',
    change: ['isOwnAddress(socket.rawStream?.remoteHost)', 'false'],
    test: ['seed-uplink', 'too busy to answer over HTTP']
  },
  {
    name: 'a release whose index is not here is not called damaged',
    test: ['release-record', 'is not called damaged']
  },
  {
    name: 'a temporary folder in use stays',
    test: ['temporary-folder', 'that are in use stay']
  },
  {
    name: 'a temporary folder that cannot be removed fails nothing',
    change: ['.catch(', '.finally('],
    test: ['temporary-folder', 'fails nothing']
  },
  {
    name: 'a copied store of what others sign is opened',
    change: [
      "if (!(error instanceof SitedriveError && error.code === 'STORE_COPIED')) throw error",
      'throw error'
    ],
    test: ['foreign-store', 'follows a site is opened']
  },
  {
    name: 'ask: what one seed could not send, another has sent',
    test: ['seed-uplink', 'a machine without data takes from another']
  },
  {
    name: 'seeds: a core that was withdrawn is offered no more, and can be offered again',
    test: ['seed-copy', 'can be offered to it again']
  },
  {
    name: 'forks: a seed that may be asked again does not lack the block',
    change: ['message.reason === RETRY_REASON || ', ''],
    test: ['seed-copy', 'is not taken to lack it']
  },
  {
    name: "seed: a visitor's block is not behind many others",
    test: ['waiting-visitor', 'asks for few others']
  },
  {
    name: 'tree memory: what is cut off is not taken for stored',
    test: ['tree-memory', 'grows again at the same fork']
  },
  {
    name: 'forks: no tree node of the old fork stays',
    test: ['fork-workarounds', 'follows back to the longer one']
  },
  {
    name: 'forks: a block that was not stored is asked for again',
    test: ['unstored-blocks', 'fetches the rest']
  },
  {
    name: 'removed: nobody finds a removed file by its path',
    test: ['remove-entry', 'a removed file is not found by its path']
  },
  {
    name: 'ask: a seed whose connection has ended is asked anew',
    change: ['copy?.link.isClosed', 'copy === undefined'],
    test: ['seed-copy', 'after it has answered is asked anew']
  },
  {
    name: 'log: an index that was fetched in part is told',
    change: ['(await site.hasWholeIndex())', 'site !== null'],
    test: ['seed-copy', 'says so, and what fetches the rest']
  },
  {
    name: 'overtaken: what a publish that was killed could not tell is told by the next one',
    test: ['seed-uplink', 'is replaced is told which release']
  },
  {
    name: 'whole index: a state is taken from those who have all of it',
    test: ['whole-index', 'is not taken from who has a part of it']
  },
  {
    name: 'whole index: nobody is told of a state that is not whole',
    test: ['whole-index', 'hears of a state when all of it is here']
  },
  {
    name: 'whole index: a state is given up when nobody has it any more',
    test: ['whole-index', 'is given up, and taken again']
  },
  {
    name: 'whole index: who does not send what it says it has is not waited for without end',
    test: ['whole-index', 'is not waited for without end']
  },
  {
    name: 'whole index: a state is not given up while somebody has it',
    change: ['this.core.peers.some((peer) => this.isSource(peer))', 'false'],
    test: ['whole-index', 'is kept while somebody has the rest']
  },
  {
    name: 'whole index: without any whole state, the seed begins anew',
    change: ['await core.state.truncate(0, 0)', 'return'],
    test: ['whole-index', 'does not keep a seed from one at a lower fork']
  },
  {
    name: 'preview: it goes on when a full disk has room again',
    test: ['preview/full-disk', 'goes on by itself']
  },
  {
    name: 'preview: an emptied folder is no update',
    change: ['whole.files.length === 0 ? null : ', ''],
    test: ['preview', 'survives the folder being deleted and made again']
  },
  {
    name: 'preview: what a failed build left is not looked at',
    change: ['this.isUnverified && !this.shown?.status.failure', 'this.isUnverified'],
    test: ['preview', 'goes on saying why a build failed']
  },
  {
    name: 'preview: everything is compared a while after what was touched',
    test: ['preview', 'looks at once at what the generator touched']
  },
  {
    name: 'preview: one process writes it',
    change: [
      "if (!(cause instanceof SitedriveError) || cause.code !== 'LOCK_TIMEOUT') throw cause",
      'return { release() {} }'
    ],
    test: ['preview', 'is open in one process at a time']
  },
  {
    name: 'preview: names and contents are encrypted',
    change: ['keys', '{ key: keys.key, signing: keys.signing }'],
    test: ['preview', 'without a readable name or word']
  },
  {
    name: 'checks: what is broken is refused before anything is signed',
    test: ['inspection', 'before anything is signed']
  },
  {
    name: 'checks: what is broken gets no key',
    test: ['inspection', 'before a key is made']
  },
  {
    name: 'checks: one that breaks fails no publish',
    change: ['return { findings: [], checksProblem: messageOf(error) }', 'throw error'],
    test: ['running-checks', 'fails no publish']
  },
  {
    name: 'checks: they end at a deadline',
    change: ['Promise.race([work, late])', 'work'],
    test: ['running-checks', 'given up at a deadline']
  },
  {
    name: 'sources: folders of other projects are not read',
    change: ['isInside(folder, projectDir)', 'true'],
    test: ['released-sources', 'outside the project']
  },
  {
    name: 'sources: links out of the project are not followed',
    change: ['isInside(realpathSync(source), projectDir)', 'true'],
    test: ['released-sources', 'outside the project']
  },
  {
    name: 'sources: a text that is damaged is not shown',
    change: ["count === bytes && hash('sha256', text, 'base64url') === expected", 'expected'],
    test: ['released-sources', 'when it is damaged']
  },
  {
    name: 'record: words are cut',
    change: ['> MAX_TEXT_LENGTH', '< 0'],
    test: ['release-record', 'is cut where it is longer']
  },
  {
    name: 'review: other bytes than those that were published are not shown',
    change: ["hashOf('sha256', bytes, 'base64url') !== file.hash", 'false'],
    test: ['release-view', 'where other bytes lie']
  },
  {
    name: 'content: sources outside of the project are not read',
    change: ['isWithin(file, this.dir) && statSync', 'statSync'],
    test: ['content/check-site', 'outside of the project']
  },
  {
    name: 'content: `_redirects` may lead from `/` to a page',
    change: ["kind !== 'nothing'", "kind === 'file'"],
    test: ['content/check-site', 'no page at `/` is right']
  },
  {
    name: 'content: a page is parsed to a depth',
    test: ['content/html-facts', 'nested divs']
  },
  {
    name: 'content: Markdown is parsed to a depth',
    change: ['if (TOO_DEEP.test(head.body)) {', 'if (TOO_DEEP.test(head.body) && !head.body) {'],
    test: ['content/markdown-facts', 'nested lists']
  },
  {
    name: 'content: text from pages cannot act on a terminal',
    change: ["printable(short).replaceAll('`', 'ˋ')", 'short'],
    test: ['content/check-site', 'cannot act on a terminal']
  },
  {
    name: 'content: a title cannot turn the line that it is told in',
    test: ['content/summarise', 'cannot turn']
  },
  {
    name: 'content: a sentence about what was built is about this build near its time only',
    change: ['isAll && daysOf(difference, builtAtMs) !== null', 'isAll'],
    test: ['content/summarise', 'noise near the time of the build']
  },
  {
    name: 'content: that a house was built is no build time',
    change: ["(place === 'label' && isLaterBuild(from, value))", "place === 'label'"],
    test: ['content/classify-noise', 'when a house was built, said first']
  },
  {
    name: 'content: a date of many pages is of the build only on its day',
    change: ['Math.abs(fresh - builtAtMs) > NEAR_MS', 'false'],
    test: ['content/summarise', 'another day than that of the build']
  },
  {
    name: 'source: passwords of the project’s `.env` files stay out, also when git has them',
    change: ['isEnvFile(name) || ', ''],
    test: ['source', 'files of passwords, links']
  },
  {
    name: 'source: a link may lead to what git does not have',
    change: ['!stats.isFile() || isBehindLink(root + drivePath)', 'false'],
    test: ['source', 'files of passwords, links']
  },
  {
    name: 'source: no program of the repository is run',
    test: ['source', 'no program that the repository names']
  },
  {
    name: 'source: a hook of another repository does not say what the source is',
    change: ['!OF_ANOTHER_REPOSITORY.has(name.toUpperCase())', 'true'],
    test: ['source', 'a hook of another repository']
  },
  {
    name: 'source: a file whose name is not UTF-8 is refused, and not taken for one that was deleted',
    change: ['Buffer.concat([Buffer.from(`${root}/`), raw])', 'Buffer.from(root + drivePath)'],
    test: ['source', 'whose name is not UTF-8']
  },
  {
    name: 'source: a project that its repository ignores is not published as nothing',
    test: ['source', 'that its repository ignores']
  },
  {
    name: 'source: it is searched for secrets',
    change: ['await this.secrets.refuse(walk, this.known, exceptions)', ''],
    test: ['source', 'a secret in the source stops the publish']
  },
  {
    name: 'fork: it has a key of its own, and asks no seed of the other’s',
    change: ['rmSync(projectFile(dir), { force: true })', ''],
    test: ['fork/fork-site', 'a fork of a hostile source']
  },
  {
    name: 'fork: a folder with files of somebody else is left alone',
    change: ['if (!hasSource) refuseOther(dir)', ''],
    test: ['fork/fork-site', 'that has other files is left alone']
  },
  {
    name: 'fork: what its author made of it is not overwritten',
    change: ['if (made !== of) return', 'return'],
    test: ['fork/fork-site', 'not made again over the work']
  },
  {
    name: 'update: no link leads out of the folder',
    change: ['!isFit', 'false'],
    test: ['fork/update-fork', 'writes nothing outside of its folder']
  },
  {
    name: 'update: whose site it is stays',
    change: ['isSource ? path === `/${PROJECT_FILE}` : ', ''],
    test: ['fork/update-fork', 'writes nothing outside of its folder']
  },
  {
    name: 'update: other bytes than those that were signed are not taken over',
    change: ['hash !== null &&', 'false &&'],
    test: ['fork/update-fork', 'takes over nothing when a file is not']
  },
  {
    name: 'copy: no path leads out of the target',
    change: ["name === '' || name === '.' || name === '..'", 'false'],
    test: ['copy/clone-site', 'writes nothing outside of its folder']
  },
  {
    name: 'copy: no file becomes a hook of git',
    change: ["isGitFolder(name) ? 'git would run what lies there' : null", 'null'],
    test: ['copy/clone-site', 'writes nothing outside of its folder']
  },
  {
    name: 'copy: a folder with files of somebody else is left alone',
    change: ['readdirSync(dir).length > 0', 'false'],
    test: ['copy/clone-site', 'leaves a folder alone that has other files']
  },
  {
    name: 'copy: other bytes than those that were signed are not written',
    test: ['copy/clone-site', 'does not write a file whose bytes are not those']
  },
  {
    name: 'copy: other bytes than those that were signed do not stay',
    change: ['!isRight', 'false'],
    test: ['copy/clone-site', 'does not write a file whose bytes are not those']
  },
  {
    name: 'copy: names that this disk takes for the same do not replace each other',
    test: ['copy/target-folder', 'whose names are the same on its disk']
  },
  {
    name: 'copy: no link leads out of the target',
    change: ['lstatSync(dir)', 'statSync(dir)'],
    test: ['copy/clone-site', 'follows no link that lies in its folder']
  },
  {
    name: 'copy: no file of a site takes the place of what says that the copy is a part',
    test: ['copy/target-folder', 'that this program writes itself in a copy']
  },
  {
    name: 'copy: a folder of somebody else stays, though it is empty',
    change: ['if (this.isNew) ', ''],
    test: ['copy/target-folder', 'leaves a folder that was there, and no other']
  },
  {
    name: 'copy: a site that says that it is larger than the disk is not begun',
    change: ['!target.isResumed &&', 'false &&'],
    test: ['copy/clone-site', 'more bytes than the disk has room for']
  },
  {
    name: 'reader: a site that says that it is huge is not fetched by itself',
    change: ['this.copy.byteLength > this.maxBytes', 'false'],
    test: ['site/read-site', 'larger than the limit is fetched page by page']
  },
  {
    name: 'private page: answers to its own names alone',
    change: [
      'this.isOwnHost(req) ? null : { status: 403, why: `This is no name of ${this.options.page}.` }',
      'null'
    ],
    test: ['review/guard', 'DNS rebinding'],
    in: 'preview'
  },
  {
    name: 'private page: is for no page of another origin, though it had the token',
    test: ['review/guard', 'from another origin, though it had the token'],
    in: 'preview'
  },
  {
    name: 'private page: is open to whoever has the token alone',
    test: ['review/guard', 'without the token, or with another one'],
    in: 'preview'
  },
  {
    name: 'private page: takes nothing that a form can send',
    change: ["isJson(req) ? null : { status: 415, why: 'It takes JSON.' }", 'null'],
    test: ['review/guard', 'who sends what a form can send'],
    in: 'preview'
  },
  {
    name: 'library: no folder but that of a site is removed',
    change: ['parseKey(String(value))', 'String(value)'],
    test: ['library/library-page', 'no folder but that of a site']
  },
  {
    name: 'new site: a folder with files of somebody is left alone',
    test: ['new-site/new-site', 'with files, a file and a link do not']
  },
  {
    name: 'review: pages before and after are sandboxed',
    change: ['; sandbox allow-scripts', ''],
    test: ['review/guard', 'sandboxed wherever they are']
  },
  {
    name: 'review: pages before and after are framed by the review page alone',
    change: ["frame-ancestors ${framedBy.join(' ')}; ", ''],
    test: ['review/guard', 'framed by the review page alone']
  },
  {
    name: 'review: what is run is the command that was shown',
    change: ['request.command === plan.command && (request.script ?? null) === plan.script', 'true'],
    test: ['review/publish-all', 'runs nothing but the command that the page has shown']
  },
  {
    name: 'review: a folder that is not bound is asked about first',
    test: ['review/publish-all', 'asks before it runs the build of a folder']
  },
  {
    name: "overlay: source lines are for the author's machine alone",
    change: ['{ source: _, ...rest }', '{ ...rest }'],
    test: ['feed/status-for', 'source lines go to browsers']
  },
  {
    name: 'overlay: what links lead to counts, not what they are called',
    change: ['realpathSync(path.resolve(root, file))', 'path.resolve(root, file)'],
    test: ['failure/source-lines', 'come from templates']
  },
  {
    name: 'overlay: what is said of data stays on this machine',
    change: ['!file ||', 'true ||'],
    test: ['failure/source-lines', 'of data and settings']
  },
  {
    name: 'live preview: answers to names of this machine alone',
    change: ['isLoopbackName(host)', 'true'],
    test: ['live/live-server', 'answers under names of this machine alone']
  },
  {
    name: 'mirror: a rule that leads to where it is for is passed over, however it is written',
    change: ['decodeAddress(pathOfTarget(applied.ruling.location)) === path', 'path === ""'],
    test: ['tables/redirects', 'GET /spelled-loop']
  },
  {
    name: 'mirror: a site sets no header that reaches beyond it',
    change: ["if (!mayBeSet(name)) report('name', name)\n  else if", 'if'],
    test: ['site-rules/headers-file', 'reaches beyond the site is not set']
  },
  {
    name: 'seed: nobody gets more than the quota',
    test: ['seed/pin-table', 'is told that it is over quota before anything is fetched']
  },
  {
    name: 'seed: all pins stay within the total',
    change: ['(totalBytes === null || this.usedBytes + moreInAll <= totalBytes)', 'true'],
    test: ['seed/pin-table', 'stay within the total']
  },
  {
    name: 'a build is whole when every output is written',
    change: ['this.isClosed && isWhole', 'this.isClosed'],
    test: ['failures', 'in the second of several outputs']
  },
  {
    name: 'it is published after what other plugins do at last',
    test: ['failures', 'in closeBundle of a plugin that comes later']
  },
  {
    name: 'environments are published when all are written',
    test: ['environments', 'are published once, when all are written']
  },
  {
    name: 'the builder of Vite 6 is waited for',
    change: ['this.wrapBuilder(config.builder)', ''],
    test: ['environments', 'of a Vite 6 build are published once']
  },
  {
    name: 'a build for a server is no site',
    test: ['outputs', 'a build for a server is not published']
  },
  {
    name: 'a library is no site',
    test: ['outputs', 'a library is not published']
  },
  {
    name: 'a build that writes nothing is not published',
    test: ['outputs', 'a build that writes no file']
  },
  {
    name: 'a build for a server is told no address that nobody can read',
    change: ['!ssr', '!ssr || ssr'],
    test: ['outputs', 'a build for a server is not published']
  },
  {
    name: 'builds of --watch never reach the site',
    change: ['if (watch) this.watched?.built(run.verdict(this.project.dir))\n    else if (', 'if ('],
    test: ['watch', 'shows each good build']
  },
  {
    name: 'Astro writes its pages after its builds',
    change: ["if (this.framework === 'Astro') return refused(ASTRO", 'return judge(ended, dir'],
    test: ['frameworks', 'with Astro 5 what is refused is said'],
    isLong: true
  },
  {
    name: 'VitePress: the site’s own buildEnd comes first',
    test: ['frameworks', 'with VitePress 1 a build that fails'],
    isLong: true
  },
  {
    name: 'VitePress: what other plugins add to buildEnd comes first',
    test: ['frameworks', 'with VitePress 1 a build publishes every page'],
    isLong: true
  },
  {
    name: 'Astro: integrations that come later in the list write first',
    test: ['frameworks', 'with Astro 5 a build publishes every page'],
    isLong: true
  },
  {
    name: 'files that nobody waited for are published whole',
    change: ['!(await filesWritten())', 'false'],
    test: ['open-integration', 'publishes the whole of a file that nobody has waited for']
  },
  {
    name: 'what is built for the preview goes to its own folder',
    change: ['outDir === null ? { define } : {', 'outDir === null || outDir ? { define } : {'],
    test: ['dev', 'never touches the project’s own output']
  },
  {
    name: 'what writes to the project’s output all the same is refused',
    change: ['undefined', 'undefined || outDir'],
    test: ['dev', 'refuses a config that writes']
  },
  {
    name: 'what is built for the preview is not published',
    change: [' && backgroundOutDir() === null', ''],
    test: ['dev', 'never touches the project’s own output']
  },
  {
    name: 'Jekyll cleans no home folder',
    test: ['build', 'is or holds the home folder']
  },
  {
    name: 'Jekyll cleans no source',
    test: ['build', 'a destination above the source']
  },
  {
    name: 'Jekyll cleans no keys and stores',
    test: ['build', 'holds the data directory']
  },
  {
    name: 'a Jekyll that was killed has failed',
    change: ['128 + (signal ? constants.signals[signal] : 0)', '0'],
    test: ['build', 'a Jekyll that is killed']
  },
  {
    name: 'the secret is not for Jekyll',
    change: [
      'childEnvironment(\n      { ...env, ...localeFor(env), ...command.env, SITEDRIVE_JEKYLL_EVENTS: String(EVENTS_FILE) },\n      keeper\n    )',
      '{ ...env, ...localeFor(env), ...command.env, SITEDRIVE_JEKYLL_EVENTS: String(EVENTS_FILE) }'
    ],
    test: ['build', 'secret is not for Jekyll']
  },
  {
    name: 'a Jekyll that hangs is ended',
    test: ['serve', 'when Jekyll hangs']
  },
  {
    name: 'what is published has no drafts',
    change: ['!OF_DEV_RUNS.test(word) && ', ''],
    test: ['bridge-build-command', 'what publishes what']
  },
  {
    name: 'proof: a release with a file that is not what was signed does not replace a whole one',
    change: ['> 0 && isBetter', '< 0'],
    test: ['proof/shown-release', 'does not take the place of one that is whole']
  },
  {
    name: 'proof: a file that was found not to be what was signed is not served',
    test: ['proof/shown-release', 'is shown where there is nothing better']
  },
  {
    name: 'proof: a small file is compared before it is sent',
    change: ["claim === null || hash('sha256', bytes, 'base64url') === claim", 'bytes.length >= 0'],
    test: ['proof', 'compares what was never complete'],
    in: 'peer'
  },
  {
    name: 'proof: a large file is compared before its end is sent',
    test: ['proof', 'compares what was never complete'],
    in: 'peer'
  },
  {
    name: 'proof: a check reads no more than is stored, whatever the index says',
    test: ['proof/shown-release', 'is read through once']
  },
  {
    name: 'proof: bytes that cannot be read are no damage',
    change: ['if (!signal?.aborted && (await isHeld(blob))) return', 'return'],
    test: ['proof/prove-files', 'cannot be read are an error']
  },
  {
    name: 'proof: what was read while the core moved is not remembered',
    change: ['null && proved.moves === moves', 'null'],
    test: ['proof/prove-files', 'while the core moved']
  },
  {
    name: 'proof: what lies above the cut of a fork is forgotten',
    change: ['if (end <= below) valid', 'valid'],
    test: ['proof/proved-files', 'leaves what lies below the cut']
  },
  {
    name: 'proof: a release that is lost is gone',
    test: ['proof', 'nobody holds any more'],
    in: 'peer'
  },
  {
    name: "conflict: a peer's cores stay open",
    test: ['conflicts', 'keeps what it has, in silence']
  },
  {
    name: 'conflict: nothing is printed',
    test: ['conflicts', 'closes its sessions, and prints nothing']
  },
  {
    name: 'conflict: two who go on do not prove it to each other for ever',
    change: ['conflicting.has(from) || check', 'check'],
    test: ['conflicts', 'proves nothing over and over']
  },
  {
    name: 'conflict: whoever signs at a higher fork is heard again',
    change: ['!== fork', '< 0'],
    test: ['conflicts', 'follows whoever signs at a higher fork']
  }
]

const marked = findMarkers()
const unknown = [...marked.keys()].filter((name) => !guards.some((guard) => guard.name === name))
if (unknown.length > 0) {
  console.error(`No row of this script says how to try without: ${unknown.join('; ')}`)
  process.exit(1)
}
setup()
const only = process.argv[2]
const copies = new Map()
const failures = []
let tried = 0
try {
  for (const guard of guards) {
    const { name } = guard
    const place = marked.get(name)
    if (only && !`${place?.folder}: ${name}`.includes(only)) continue
    tried++
    const problem = place ? tryWithout(guard, place, copyOf(place.folder)) : 'has no marker in the source'
    if (problem) failures.push(name)
    console.log(
      `${problem ? 'MISSING' : 'ok     '}  ${place?.folder}: ${name}${problem ? `: ${problem}` : ''}`
    )
  }
} finally {
  for (const copy of copies.values()) rmSync(copy, { recursive: true, force: true })
}
console.log(`${tried - failures.length} guards that a test misses, ${failures.length} that none does`)
process.exitCode = failures.length > 0 ? 1 : 0

/** @returns by the name of a guard: the package, the file in it, and its whole text */
function findMarkers() {
  const found = new Map()
  for (const folder of readdirSync(path.join(root, 'packages'))) {
    const dir = path.join(root, 'packages', folder)
    if (folder.startsWith('.') || !existsSync(path.join(dir, 'src'))) continue
    for (const name of readdirSync(path.join(dir, 'src'), { recursive: true })) {
      if (!/\.(ts|tsx)$/.test(name)) continue
      const file = path.join('src', name)
      const source = readFileSync(path.join(dir, file), 'utf8')
      for (const [, guard] of source.matchAll(/^ *\/\/ guard: (.*)$/gm)) {
        if (found.has(guard)) throw new Error(`Two places are marked as \`${guard}\`.`)
        found.set(guard, { folder, file, source })
      }
    }
  }
  return found
}

/** @returns the source without a guard */
function sourceWithout({ name, change }, source) {
  const lines = source.split('\n')
  const at = lines.findIndex((line) => line.trim() === `// guard: ${name}`)
  // Other markers may stand between this one and the statement.
  const start = lines.findIndex((line, n) => n > at && !line.trim().startsWith('//'))
  const before = lines.slice(0, start).join('\n')
  const rest = lines.slice(start).join('\n')
  if (change) {
    if (!rest.includes(change[0])) throw new Error(`\`${name}\` has no \`${change[0]}\` behind its marker.`)
    return `${before}\n${rest.replace(change[0], () => change[1])}`
  }
  return `${before}\n${lines.slice(endOfStatement(lines, start)).join('\n')}`
}

/** Of a formatted file: a statement goes on while lines are indented more, or close a bracket at its own indentation. */
function endOfStatement(lines, start) {
  const indent = (line) => line.length - line.trimStart().length
  let end = start + 1
  while (
    end < lines.length &&
    lines[end].trim() !== '' &&
    (indent(lines[end]) > indent(lines[start]) ||
      (indent(lines[end]) === indent(lines[start]) && /^\s*[)}\]]/.test(lines[end])))
  )
    end++
  return end
}

/**
 * Of a package, a copy to change, beside it: what it inherits and imports is found as from the package itself. With `dependency`,
 * the folder of another package, it imports the copy of that one.
 */
function copyOf(folder, dependency) {
  const name = `${folder} ${dependency ?? ''}`
  const made = copies.get(name)
  if (made) return made
  const original = path.join(root, 'packages', folder)
  const copy = mkdtempSync(path.join(root, 'packages', '.guards-'))
  copies.set(name, copy)
  for (const entry of readdirSync(original)) {
    if (entry === 'node_modules') linkModules(path.join(original, entry), path.join(copy, entry), dependency)
    else if (!entry.startsWith('.'))
      cpSync(path.join(original, entry), path.join(copy, entry), { recursive: true })
  }
  return copy
}

/** Makes the `node_modules` of a copy: those of the original, with the copy of one package in place of that package. */
function linkModules(original, copy, dependency) {
  if (!dependency) return symlinkSync(original, copy)
  cpSync(original, copy, { recursive: true })
  const { name } = JSON.parse(readFileSync(path.join(root, 'packages', dependency, 'package.json'), 'utf8'))
  rmSync(path.join(copy, name))
  symlinkSync(copyOf(dependency), path.join(copy, name))
}

function tryWithout(guard, { folder, file, source }, copy) {
  const [testFile, name] = guard.test
  const target = path.join(copy, file)
  const tester = guard.in ? copyOf(guard.in, folder) : copy
  if (runTest(tester, testFile, name, guard.isLong) !== 0)
    return `its test \`${name}\` fails even with the guard, or there is none`
  writeFileSync(target, sourceWithout(guard, source))
  compile(copy)
  try {
    return runTest(tester, testFile, name, guard.isLong) === 0
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
  const bundle = path.join(copy, 'scripts/bundle.mjs')
  if (existsSync(bundle)) spawnSync(process.execPath, [bundle], { cwd: root })
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
