import { type ComponentChild, h } from 'preact';
import { GroupView } from './group.ts';
import { GroupShape, OpinionMapView } from './map.ts';
import type { ViewProps } from './props.ts';

/** Who the opinion groups are, and where they stand. */
export function GroupsView({ data, input, write, lang }: ViewProps): ComponentChild {
  const { words } = write;
  return h(
    'section',
    { id: 'groups' },
    h('h2', {}, words.groups),
    h('p', { class: 'note' }, words.groupsHow),
    h(
      'div',
      { class: 'groups' },
      input.map && input.map.points.length > 0
        ? h(OpinionMapView, { map: input.map, groups: data.groups, write })
        : h('p', { class: 'note' }, words.mapNone),
      ...data.groups.map((group, at) => h(GroupView, { group, data, write, lang, shape: h(GroupShape, { at }) })),
    ),
  );
}
