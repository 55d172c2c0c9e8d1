import { Idiomorph } from 'idiomorph'
import { swap } from './assets.js'
import { host } from './overlay.js'

/** Elements that behave differently when they are inserted into a shown page than when the page is loaded. */
const ONLY_LOADED = 'script:not([type="application/ld+json"]),template[shadowrootmode],noscript'

/**
 * idiomorph compares every old child with every new one. With more pairs than this it takes too long, so the changed part
 * of the list is replaced instead.
 */
const MAX_PAIRS = 4_000_000

/**
 * Changes the shown page where `base` and `next` differ, and nowhere else. Changes by scripts, extensions and readers in
 * other places stay: input, focus, open elements, playing media.
 *
 * @param base the page as the server sent it, before any script ran
 * @throws when the page's own scripts changed the same place, so that the result of a fresh load is not known; the page
 * may be half changed then
 */
export async function morph(base: Document, next: Document): Promise<void> {
  const active = document.activeElement
  const swaps: Promise<void>[] = []
  patch(document.documentElement, base.documentElement, next.documentElement, swaps)
  if (active?.isConnected && active !== document.activeElement)
    (active as HTMLElement).focus({ preventScroll: true })
  await Promise.all(swaps)
}

function patch(live: Node, old: Node, now: Node, swaps: Promise<void>[]): void {
  if (isSame(old, now)) return
  if (isElement(live) && isElement(old) && isElement(now)) {
    patchAttributes(live, old, now, swaps)
    patchChildren(live, old, now, swaps)
  } else {
    if (live.nodeValue !== old.nodeValue) throw conflict()
    live.nodeValue = now.nodeValue
  }
}

function patchAttributes(live: Element, old: Element, now: Element, swaps: Promise<void>[]): void {
  let href = ''
  for (const { name } of [...old.attributes, ...now.attributes]) {
    const attribute = now.getAttributeNode(name)
    if (attribute?.value === (old.getAttribute(name) ?? undefined)) continue
    if (!attribute) live.removeAttribute(name)
    else if (name === 'href' && live.matches('link[rel~=stylesheet]')) href = attribute.value
    // Unlike `setAttribute` it takes names such as `@click`, and those with a namespace.
    else live.setAttributeNode(attribute.cloneNode() as Attr)
  }
  if (href) swaps.push(swap(live as HTMLLinkElement, href))
}

function patchChildren(live: Element, old: Element, now: Element, swaps: Promise<void>[]): void {
  const was = [...inside(old).childNodes]
  const will = [...inside(now).childNodes]
  const { liveOf, isWhole } = align(live, old)

  let start = 0
  while (start < was.length && start < will.length && isSame(was[start]!, will[start]!)) start++
  let end = 0
  const most = Math.min(was.length, will.length) - start
  while (end < most && isSame(was.at(-1 - end)!, will.at(-1 - end)!)) end++
  const removed = was.slice(start, was.length - end)
  const added = will.slice(start, will.length - end)

  if (removed.length === added.length && removed.every((node, at) => isAlike(node, added[at]!))) {
    removed.forEach((node, at) => patch(liveOf(node), node, added[at]!, swaps))
  } else if (
    removed.length &&
    added.length &&
    isWhole &&
    live.isConnected &&
    was.length * will.length < MAX_PAIRS &&
    live.id === now.id
  ) {
    match(live, old, now, swaps)
  } else {
    const leaving = removed.map(liveOf)
    const before = end
      ? liveOf(was.at(-end)!)
      : start
        ? liveOf(was[start - 1]!).nextSibling
        : inside(live).firstChild
    for (const node of added) inside(live).insertBefore(document.importNode(checked(node), true), before)
    for (const node of leaving) node.remove()
  }
}

/**
 * Lets idiomorph decide which old child becomes which new one, and which are moved. `scripts/bundle-live.mjs` removes the
 * parts of idiomorph that this call does not need.
 */
function match(live: Element, old: Element, now: Element, swaps: Promise<void>[]): void {
  const olds = new Map<Node, Node>()
  const pair = (node: ChildNode, from: Node): void => {
    olds.set(node, from)
    if (isElement(node) && isElement(from))
      for (const [each, found] of align(node, from).found) pair(found, each)
  }
  pair(live, old)
  void Idiomorph.morph(live, now, {
    callbacks: {
      beforeNodeMorphed: (node, into) => {
        const from = olds.get(node)
        if (node === live || !from) return true
        patch(node, from, into, swaps)
        return false
      },
      beforeAttributeUpdated: (_name, element) => element !== live,
      beforeNodeAdded: (node) => Boolean(checked(node)),
      beforeNodeRemoved: (node) => node !== host
    }
  })
}

/** Finds, for each child of an element as it was sent, the child in the shown page. */
function align(live: Element, old: Element) {
  const there = [...inside(live).childNodes].filter((node) => node !== host)
  const was = [...inside(old).childNodes]
  const found = new Map<Node, ChildNode>()
  const isWhole =
    there.length === was.length && was.every((node, at) => node.nodeName === there[at]!.nodeName)
  let from = 0
  for (const [at, node] of was.entries()) {
    // A script added or removed children here. The unchanged ones are found again, in the same order.
    const place = isWhole ? at : there.findIndex((other, i) => i >= from && isUntouched(node, other))
    if (place < 0) continue
    found.set(node, there[place]!)
    from = place + 1
  }
  const liveOf = (node: Node): ChildNode => {
    const child = found.get(node)
    if (!child) throw conflict()
    return child
  }
  return { found, liveOf, isWhole }
}

function isElement(node: Node): node is Element {
  return node.nodeType === 1
}

/** The node that has the element's children. */
function inside(element: Element): Node {
  return element instanceof HTMLTemplateElement ? element.content : element
}

/** `isEqualNode` does not compare the content of templates. */
function isSame(a: Node, b: Node): boolean {
  return a.isEqualNode(b) && templates(a) === templates(b)
}

function templates(node: Node): string {
  return isElement(node)
    ? [node, ...node.querySelectorAll('template')]
        .map((each) => each instanceof HTMLTemplateElement && each.innerHTML)
        .join('')
    : ''
}

function isAlike(a: Node, b: Node): boolean {
  return a.nodeName === b.nodeName && idOf(a) === idOf(b)
}

function isUntouched(a: Node, b: Node): boolean {
  if (!isAlike(a, b)) return false
  if (!isElement(a) || !isElement(b)) return a.nodeValue === b.nodeValue
  return Boolean(idOf(a)) || attributes(a) === attributes(b)
}

function attributes(element: Element): string {
  return Array.from(element.attributes, ({ name, value }) => `${name}=${value}`).join('\n')
}

/** Not `element.id`: in a form, a field named `id` hides it. */
function idOf(node: Node): string | null | false {
  return isElement(node) && node.getAttribute('id')
}

function checked(node: Node): Node {
  if (isElement(node) && (node.matches(ONLY_LOADED) || node.querySelector(ONLY_LOADED))) throw conflict()
  return node
}

function conflict(): Error {
  return Error('conflict')
}
