{#-
The moves of lines that are tied to each other, for `protected_cells`: what can be
otherwise in one cell without a contradiction.

People who came and went unseen, people who came in another way, people who were there
all the time: each changes the headcounts between and the two figures at its ends, and
every account still adds up. A line that is in no account can be otherwise by itself.

- lines: a relation with every line: line.
- accounts: which lines add up to nothing: account, line, side. Accounts that follow
  each other are numbered so; a closing headcount is in its account with side -1 and in
  the next, which it opens, with side 1. Arrivals have side 1, departures -1.
- sums: lines that are the sum of others: sum_line, line. Null: there are none.
- balances: lines that cancel out over the whole company alone, as transfers in and out:
  balance, line, side. Null: there are none.
-#}
{% macro tied_line_moves(lines, accounts, sums=none, balances=none) -%}
with ties as (
    select
        line,
        min(account) as account,
        min(side) as side,
        count(*) as accounts
    from {{ accounts }}
    group by line
),

ends as (
    select * from ties
    where accounts = 1
),

stocks as (
    select * from ties
    where accounts = 2
),

routes as (
    select
        one.line || '~' || another.line as move,
        one.line as from_line,
        another.line as to_line,
        one.account as from_account,
        another.account as to_account,
        one.side as from_side,
        -one.side * another.side as to_change
    from ends as one
    inner join ends as another
        on
            one.account < another.account
            or (one.account = another.account and one.line < another.line)
),

linked as (
    select
        routes.move,
        stocks.line,
        routes.from_side as change,
        routes.to_account - routes.from_account as needed,
        count(stocks.line) over (partition by routes.move) as found
    from routes
    left join stocks
        on
            routes.from_account <= stocks.account
            and routes.to_account > stocks.account
),

possible as (
    select distinct move from linked
    where needed = found
),

changes as (
    select move, from_line as line, 1 as change
    from routes
    union all
    select move, to_line as line, to_change as change
    from routes
    union all
    select move, line, change
    from linked
    where line is not null
),

moved as (
    select changes.move, changes.line, changes.change
    from changes
    inner join possible
        on changes.move = possible.move
    union all
    select lines.line as move, lines.line, 1 as change
    from {{ lines }} as lines
    left join ties
        on lines.line = ties.line
    {%- if sums is not none %}
    left join (select distinct sum_line from {{ sums }}) as totals
        on lines.line = totals.sum_line
    {%- endif %}
    where
        ties.line is null
        {%- if sums is not none %}
        and totals.sum_line is null
        {%- endif %}
),

{% if balances is not none -%}
unbalanced as (
    select distinct move
    from (
        select moved.move
        from moved
        inner join {{ balances }} as balances
            on moved.line = balances.line
        group by moved.move, balances.balance
        having sum(moved.change * balances.side) <> 0
    ) as by_balance
),

{% endif -%}
with_sums as (
    select move, line, change from moved
    {%- if sums is not none %}
    union all
    select moved.move, sums.sum_line as line, 0 as change
    from moved
    inner join {{ sums }} as sums
        on moved.line = sums.line
    group by moved.move, sums.sum_line
    having sum(moved.change) <> 0
    {%- endif %}
)

select
    with_sums.move,
    with_sums.line,
    with_sums.change,
    {% if balances is not none -%}
    unbalanced.move is not null as needs_partner
    {%- else -%}
    false as needs_partner
    {%- endif %}
from with_sums
{%- if balances is not none %}
left join unbalanced
    on with_sums.move = unbalanced.move
{%- endif %}
{%- endmacro %}
