import { useEffect, useRef, useState } from 'preact/hooks'
import type { ReviewAnswer } from '../api.js'
import { type Group, type Item } from './items.js'
import { bytes, plural } from '../../../../mirror/src/private-page/browser/page-words.js'

interface ChangeListProps {
  review: ReviewAnswer
  groups: Group[]
  selected: Item | null
  /** Ids of the folded groups that were opened. */
  unfolded: ReadonlySet<string>
  onFold: (id: string) => void
  onOpen: (item: Item | null) => void
}

/** Rows are made in chunks of this size, only near the visible part; elsewhere an empty box has their height. */
const CHUNK_ROWS = 80
/** The assumed height of a row that was not made yet. Pixels. */
const ROW_HEIGHT = 53

export function ChangeList({ review, groups, selected, unfolded, onFold, onOpen }: ChangeListProps) {
  const list = useRef<HTMLElement>(null)

  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>('[aria-current="true"]')
    row?.scrollIntoView({ block: 'nearest' })
    // The keyboard focus follows the selection.
    if (list.current?.contains(document.activeElement)) row?.focus({ preventScroll: true })
  }, [selected?.change.path])

  let before = 0
  return (
    <nav class="list" aria-label="Changes" ref={list}>
      <button
        type="button"
        class="row overview-row"
        aria-current={selected === null ? 'true' : undefined}
        onClick={() => onOpen(null)}
      >
        <span class="name">Overview</span>
        {review.findings.length > 0 && (
          <span
            class={`badge ${review.findings.some(({ level }) => level === 'error') ? 'bad' : 'warn'}`}
            title={`${plural(review.findings.length, 'thing')} to look at before you publish`}
          >
            {review.findings.length}
            <span class="hidden"> to look at</span>
          </span>
        )}
        <span class="place">{inShort(review)}</span>
      </button>
      {groups.map((group) => {
        const isOpen = !group.isFolded || unfolded.has(group.id)
        const shown = isOpen ? chunksOf(group.items) : []
        const first = before
        before += shown.length
        return (
          <section key={group.id} class={group.id === 'noise' ? 'group noise' : 'group'}>
            <h2>
              {group.isFolded ? (
                <button type="button" aria-expanded={isOpen} onClick={() => onFold(group.id)}>
                  {group.title} {!group.isCounted && <Count of={group.items.length} />}
                </button>
              ) : (
                <>
                  {group.title} {!group.isCounted && <Count of={group.items.length} />}
                </>
              )}
            </h2>
            {shown.map((items, number) => (
              <Chunk
                key={number}
                items={items}
                selected={selected && items.includes(selected) ? selected : null}
                isAtTop={first + number === 0}
                onOpen={onOpen}
              />
            ))}
          </section>
        )
      })}
    </nav>
  )
}

/** The overview in a few words; on a phone it is not visible beside the list. */
function inShort({ now, counts: { added, changed, removed }, last }: ReviewAnswer): string {
  if (!now) return 'Waiting for the first build'
  const count = added + changed + removed
  if (count === 0) return 'Nothing to publish'
  return last ? `${plural(count, 'file')} to publish` : `The first publish, ${plural(count, 'file')}`
}

const MARKS = {
  add: { sign: '+', word: 'new' },
  change: { sign: '~', word: 'changed' },
  remove: { sign: '−', word: 'removed' }
}

function Row({
  item,
  isSelected,
  onOpen
}: {
  item: Item
  isSelected: boolean
  onOpen: (item: Item) => void
}) {
  const { change, name, place } = item
  const { sign, word } = MARKS[change.op]
  return (
    <li>
      <button
        type="button"
        class="row"
        aria-current={isSelected ? 'true' : undefined}
        onClick={() => onOpen(item)}
      >
        <span class={`mark ${change.op}`} role="img" aria-label={word}>
          {sign}
        </span>
        <span class="name">{name}</span>
        {item.kind === 'file' && <span class="size">{bytes(change.bytes)}</span>}
        {place !== '' && <span class="place">{place}</span>}
        {change.noise !== null && <span class="place">{change.noise}</span>}
      </button>
    </li>
  )
}

function Count({ of }: { of: number }) {
  return <span class="count">{of.toLocaleString('en')}</span>
}

function chunksOf(items: readonly Item[]): Item[][] {
  const chunks: Item[][] = []
  for (let at = 0; at < items.length; at += CHUNK_ROWS) chunks.push(items.slice(at, at + CHUNK_ROWS))
  return chunks
}

interface ChunkProps {
  items: Item[]
  /** The selected one of these items; null: none of them. */
  selected: Item | null
  isAtTop: boolean
  onOpen: (item: Item) => void
}

function Chunk({ items, selected, isAtTop, onOpen }: ChunkProps) {
  const place = useRef<HTMLUListElement>(null)
  const [isNear, setNear] = useState(isAtTop)
  const height = useRef<number | null>(null)
  useEffect(() => {
    const list = place.current
    if (!list) return
    const observer = new IntersectionObserver(
      (entries) => {
        const isNearNow = entries.at(-1)?.isIntersecting ?? false
        if (!isNearNow && list.childElementCount > 0) height.current = list.offsetHeight
        setNear(isNearNow)
      },
      { rootMargin: '800px' }
    )
    observer.observe(list)
    return () => observer.disconnect()
  }, [])
  // The selected row must exist even when it is scrolled out of view: it has the keyboard focus.
  const isMade = isNear || selected !== null
  const room = height.current ?? items.length * ROW_HEIGHT
  return (
    <ul ref={place} style={{ height: isMade ? '' : `${room}px` }}>
      {isMade &&
        items.map((item) => (
          <Row key={item.change.path} item={item} isSelected={item === selected} onOpen={onOpen} />
        ))}
    </ul>
  )
}
