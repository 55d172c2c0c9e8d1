import { useEffect, useRef } from 'preact/hooks'
import type { Item, Shelf } from './shelves.js'

interface SiteListProps {
  shelves: Shelf[]
  selected: Item | null
  onOpen: (item: Item | null) => void
}

export function SiteList({ shelves, selected, onOpen }: SiteListProps) {
  const list = useRef<HTMLElement>(null)

  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>('[aria-current="true"]')
    row?.scrollIntoView({ block: 'nearest' })
    // The keyboard focus follows the selection.
    if (list.current?.contains(document.activeElement)) row?.focus({ preventScroll: true })
  }, [selected?.id])

  return (
    <nav class="list" aria-label="Sites" ref={list}>
      <button
        type="button"
        class="row overview-row"
        aria-current={selected === null ? 'true' : undefined}
        onClick={() => onOpen(null)}
      >
        <span class="name">What is new</span>
      </button>
      {shelves.map(({ id, title, items }) => (
        <section key={id} class="group" aria-labelledby={`shelf-${id}`}>
          <h2 id={`shelf-${id}`}>
            {title} <span class="count">{items.length.toLocaleString('en')}</span>
          </h2>
          <ul>
            {items.map((item) => (
              <li key={item.id}>
                <button
                  type="button"
                  class="row site-row"
                  aria-current={item.id === selected?.id ? 'true' : undefined}
                  onClick={() => onOpen(item)}
                >
                  <span class="name">
                    <bdi>{item.name}</bdi>
                  </span>
                  <span class="place">{item.place}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  )
}
