{#-
Which cells of an additive table are withheld, so that none of them can be worked out.

Emits a select of every row of `cells` with `is_primary`, `is_withheld`.

A cell is primary where 0 < people < minimum. For each of them one *alternative* is
chosen: another company, in which a few people stand elsewhere, and the figure is
another. Every published cell that the alternatives change is withheld, and nothing else
is. So all alternatives, and the truth, give the same publication, and no withheld cell
is determined by it, through whatever total, hierarchy or period: it is one number in
the truth and another in an alternative. That is the whole proof (docs/decisions/0015).

An alternative is a product of one move per dimension and one of lines. A move of a
dimension takes people from one category to another, which changes both and what is
above either but not both; or it adds people to one category and all that is above it.
So there always is an alternative, if need be one that changes the grand total.

- cells: a relation with a row per line and category of each dimension, leaves and
  totals; what has no row is known to be nobody, and stays so. A total reads `All`.
- dimensions: for each its columns from the coarsest level to the finest, such as
  `[['department_group', 'department'], ['region']]`.
- line: the column that tells apart what is added up by itself, such as the month, or
  the measure and month.
- measures: the columns that are added up and withheld together. None is below zero.
- minimum: the least people that a published figure rests on.
- people: the column by which a cell is judged.
- loss: a column that tells how much is lost with the cell. Where it is the same in
  every period, the same cells are withheld in every period as far as that can be.
- published: a boolean column or condition: whether the cell is shown at all. What is
  not shown is neither judged nor lost, but still holds people who may be elsewhere.
- line_moves: a relation for lines that are tied to each other, as opening and closing
  are by what happens between: move, line, change (1 or -1; 0 for a line that is the sum
  of others), needs_partner (only together with a move between categories). Null: lines
  are on their own.
- width: how wide the range of a primary figure must at least be, as a multiple of it.
  0: more than one number. Each alternative is asked for all of it, though the range is
  as wide as all of them together.
- passes: how often alternatives are chosen anew, in view of what others withhold
  anyhow.
- choices: among how many of each cell's best alternatives that looks.
-#}
{% macro protected_cells(
    cells,
    dimensions,
    line,
    measures,
    minimum,
    people='people',
    loss='people',
    published='true',
    line_moves=none,
    width=1,
    passes=3,
    choices=50
) -%}
{%- set ids = range(1, dimensions | length + 1) -%}
{%- set measure_ids = range(1, measures | length + 1) -%}
with cells_given as (
    select * from {{ cells }}
),

nodes as (
    select
        {% for columns in dimensions -%}
        {{ node_of(columns) }} as node_{{ loop.index }},
        {% endfor -%}
        cast({{ line }} as string) as line,
        1 + cast({{ loss }} as double) as loss,
        {% for measure in measures -%}
        cast({{ measure }} as double) as value_{{ loop.index }},
        {% endfor -%}
        {% for columns in dimensions -%}
        {{ columns[-1] }} <> 'All' and {% endfor -%}
        true as is_leaf,
        {{ published }} as is_published,
        ({{ published }}) and {{ people }} > 0 and {{ people }} < {{ minimum }}
            as is_primary
    from cells_given
),

{% for columns in dimensions %}
{%- set i = loop.index -%}
{#- Every category and what is above it, up to all. -#}
leaves_{{ i }} as (
    select distinct
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        {{ node_of(columns) }} as leaf
    from cells_given
    where {{ columns[-1] }} <> 'All'
),

above_{{ i }} as (
    {% for depth in range(columns | length, -1, -1) -%}
    select
        leaf,
        {{ node_of(columns, depth) }} as node
    from leaves_{{ i }}
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor -%}
),

moves_{{ i }} as (
    select
        one.leaf || '~' || another.leaf as move,
        one.leaf as from_leaf,
        another.leaf as to_leaf
    from leaves_{{ i }} as one
    inner join leaves_{{ i }} as another
        on one.leaf < another.leaf
    union all
    select
        one.leaf || '~' as move,
        one.leaf as from_leaf,
        cast(null as string) as to_leaf
    from leaves_{{ i }} as one
),

corners_{{ i }} as (
    select move, from_leaf as leaf, 1 as change
    from moves_{{ i }}
    union all
    select move, to_leaf as leaf, -1 as change
    from moves_{{ i }}
    where to_leaf is not null
),

{#- What is above both ends of a move keeps its number. -#}
shadows_{{ i }} as (
    select
        corners_{{ i }}.move,
        above_{{ i }}.node,
        max(moves_{{ i }}.to_leaf) is not null as is_exchange
    from corners_{{ i }}
    inner join moves_{{ i }}
        on corners_{{ i }}.move = moves_{{ i }}.move
    inner join above_{{ i }}
        on corners_{{ i }}.leaf = above_{{ i }}.leaf
    group by corners_{{ i }}.move, above_{{ i }}.node
    having sum(corners_{{ i }}.change) <> 0
),

{% endfor -%}
line_moves as (
    {% if line_moves is not none -%}
    select
        cast(move as string) as move,
        cast(line as string) as line,
        change,
        needs_partner
    from {{ line_moves }}
    {%- else -%}
    select distinct
        line as move,
        line,
        1 as change,
        false as needs_partner
    from nodes
    {%- endif %}
),

primaries as (
    select
        {{ numbered(ids, 'node_') }},
        line,
        {{ numbered(measure_ids, 'value_') }}
    from nodes
    where is_primary
),

{#- For each primary cell every alternative that changes it. -#}
candidates as (
    select
        {{ numbered(ids, 'primaries.node_') }},
        primaries.line,
        {{ numbered(ids, 'shadows_', '.move as move_') }},
        line_moves.move as line_move,
        {{ numbered(measure_ids, 'primaries.value_') }}
    from primaries
    {% for i in ids -%}
    inner join shadows_{{ i }}
        on primaries.node_{{ i }} = shadows_{{ i }}.node
    {% endfor -%}
    inner join line_moves
        on primaries.line = line_moves.line
    where
        not line_moves.needs_partner
        {% for i in ids -%}
        or shadows_{{ i }}.is_exchange
        {% endfor %}
),

{#- A number for each alternative: several cells may have it in common. -#}
numbered_candidates as (
    select
        candidates.*,
        dense_rank() over (
            order by
                {% for i in ids -%}
                move_{{ i }} asc nulls last,
                {% endfor -%}
                line_move asc nulls last
        ) as alternative
    from candidates
),

alternatives as (
    select distinct alternative, {{ numbered(ids, 'move_') }}, line_move
    from numbered_candidates
),

{#- Who stands where an alternative changes something: that many can be moved. -#}
corners as (
    select
        alternatives.alternative,
        {% for i in ids %}corners_{{ i }}.change * {% endfor %}line_moves.change
            as change,
        {{ numbered(measure_ids, 'nodes.value_') }},
        nodes.is_leaf
    from alternatives
    {% for i in ids -%}
    inner join corners_{{ i }}
        on alternatives.move_{{ i }} = corners_{{ i }}.move
    {% endfor -%}
    inner join line_moves
        on
            alternatives.line_move = line_moves.move
            and line_moves.change <> 0
    left join nodes
        on
            line_moves.line = nodes.line
            {% for i in ids -%}
            and corners_{{ i }}.leaf = nodes.node_{{ i }}
            {% endfor %}
),

{#- How far each measure can go: up until nobody is left where people are taken from,
and down until nobody is left where they were. 1e300 stands for as far as one likes. -#}
reaches as (
    select
        alternative,
        {% for m in measure_ids -%}
        coalesce(min(case when change < 0 then value_{{ m }} end), 1e300)
        + coalesce(min(case when change > 0 then value_{{ m }} end), 1e300)
            as reach_{{ m }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from corners
    group by alternative
    having count(is_leaf) = count(*)
),

{#- The alternatives of a primary cell between which its figures differ enough. -#}
wide as (
    select
        {{ numbered(ids, 'numbered_candidates.node_') }},
        numbered_candidates.line,
        numbered_candidates.alternative
    from numbered_candidates
    inner join reaches
        on numbered_candidates.alternative = reaches.alternative
    where
        {% for m in measure_ids -%}
        reaches.reach_{{ m }} > 0
        and reaches.reach_{{ m }} >= {{ width }} * numbered_candidates.value_{{ m }}
        {% if not loop.last %}and {% endif %}
        {%- endfor %}
),

usable as (
    select distinct alternative from wide
),

{#- What an alternative changes, and would withhold. -#}
shadows as (
    select
        alternatives.alternative,
        {{ numbered(ids, 'nodes.node_') }},
        nodes.line,
        case when nodes.is_primary then 0 else nodes.loss end as loss
    from alternatives
    inner join usable
        on alternatives.alternative = usable.alternative
    {% for i in ids -%}
    inner join shadows_{{ i }}
        on alternatives.move_{{ i }} = shadows_{{ i }}.move
    {% endfor -%}
    inner join line_moves
        on alternatives.line_move = line_moves.move
    inner join nodes
        on
            line_moves.line = nodes.line
            and nodes.is_published
            {% for i in ids -%}
            and shadows_{{ i }}.node = nodes.node_{{ i }}
            {% endfor %}
),

losses as (
    select
        alternative,
        sum(loss) as loss
    from shadows
    group by alternative
),

ranked as (
    select
        {{ numbered(ids, 'wide.node_') }},
        wide.line,
        wide.alternative,
        losses.loss,
        row_number() over (
            partition by {{ numbered(ids, 'wide.node_') }}, wide.line
            order by losses.loss asc nulls last, wide.alternative asc nulls last
        ) as place
    from wide
    inner join losses
        on wide.alternative = losses.alternative
),

{#- Who has least choice goes first; the others may take up what it withholds. -#}
turns as (
    select
        {{ numbered(ids, 'node_') }},
        line,
        row_number() over (
            order by
                loss desc nulls last,
                line asc nulls last,
                {% for i in ids -%}
                node_{{ i }} asc nulls last{% if not loop.last %},{% endif %}
                {% endfor %}
        ) as turn
    from ranked
    where place = 1
),

shortlist as (
    select
        turns.turn,
        ranked.alternative,
        ranked.place
    from ranked
    inner join turns
        on
            ranked.line = turns.line
            {% for i in ids -%}
            and ranked.node_{{ i }} = turns.node_{{ i }}
            {% endfor %}
    where ranked.place <= {{ choices }}
),

chosen_1 as (
    select turn, alternative from shortlist
    where place = 1
),

{% for pass in range(1, passes + 1) -%}
{%- if pass > 1 -%}
losses_{{ pass }} as (
    select
        shortlist.turn,
        shortlist.alternative,
        shortlist.place,
        sum(case
            when taken_{{ pass - 1 }}.turn < shortlist.turn then 0
            else shadows.loss
        end) as loss
    from shortlist
    inner join shadows
        on shortlist.alternative = shadows.alternative
    left join taken_{{ pass - 1 }}
        on
            shadows.line = taken_{{ pass - 1 }}.line
            {% for i in ids -%}
            and shadows.node_{{ i }} = taken_{{ pass - 1 }}.node_{{ i }}
            {% endfor %}
    group by shortlist.turn, shortlist.alternative, shortlist.place
),

ranked_{{ pass }} as (
    select
        turn,
        alternative,
        row_number() over (
            partition by turn
            order by loss asc nulls last, place asc nulls last
        ) as place
    from losses_{{ pass }}
),

chosen_{{ pass }} as (
    select turn, alternative from ranked_{{ pass }}
    where place = 1
),

{% endif -%}
taken_{{ pass }} as (
    select
        {{ numbered(ids, 'shadows.node_') }},
        shadows.line,
        min(chosen_{{ pass }}.turn) as turn
    from chosen_{{ pass }}
    inner join shadows
        on chosen_{{ pass }}.alternative = shadows.alternative
    group by {{ numbered(ids, 'shadows.node_') }}, shadows.line
),

{% endfor -%}
judged as (
    select
        cells_given.*,
        nodes.is_published,
        nodes.is_primary,
        nodes.is_primary or taken_{{ passes }}.turn is not null as is_withheld
    from cells_given
    inner join nodes
        on
            cast(cells_given.{{ line }} as string) = nodes.line
            {% for columns in dimensions -%}
            and {{ node_of(columns, table='cells_given') }}
            = nodes.node_{{ loop.index }}
            {% endfor -%}
    left join taken_{{ passes }}
        on
            nodes.line = taken_{{ passes }}.line
            {% for i in ids -%}
            and nodes.node_{{ i }} = taken_{{ passes }}.node_{{ i }}
            {% endfor %}
)

select * from judged
{%- endmacro %}


{#- A category of a dimension as one text; below `depth` it reads `All`. -#}
{% macro node_of(columns, depth=none, table=none) -%}
    {%- set prefix = table ~ '.' if table else '' -%}
    {%- for column in columns -%}
        {%- if depth is none or loop.index <= depth %}{{ prefix }}{{ column }}
        {%- else %}'All'{% endif -%}
        {%- if not loop.last %} || '|' || {% endif -%}
    {%- endfor -%}
{%- endmacro %}


{#- Numbered columns: `node_1, node_2`; with a suffix `a_1.b_1, a_2.b_2`. -#}
{% macro numbered(ids, prefix, suffix=none) -%}
    {%- for i in ids -%}
        {{ prefix }}{{ i }}{% if suffix %}{{ suffix }}{{ i }}{% endif %}
        {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}
