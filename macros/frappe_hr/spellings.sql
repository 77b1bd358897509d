{#-
Emits a select of the spellings under which a field's values are known, folded as the HR
system compares them: a value's name in other case, or a name it had. A spelling that two
values share says nothing about which is meant.

- links: a relation with the columns of `int_frappe_hr_links_spelled`.
- at: a column of it that tells states of knowledge apart.
-#}
{% macro frappe_hr_spellings(links, at=none) -%}
    select
        {{ at_column(at, 'links') }}
        links.field_name,
        links.spelling,
        case when count(*) = 1 then min(links.link_value) end as link_value,
        count(*) as times
    from {{ links }} as links
    group by {{ at_column(at, 'links') }} links.field_name, links.spelling
{%- endmacro %}
