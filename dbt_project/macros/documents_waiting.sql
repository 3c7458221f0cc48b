{#-
  The documents that wait for a kind of job: those of whose content nothing was made yet, and nothing refused.

  made: the source of what that job makes, a row per content or more; condition: which of its rows count, all where none
  is told. model: the variable that names the entry which serves. among: which documents there is such a job for, all
  where none is told.
-#}
{% macro documents_waiting(kind, made, model, condition=none, among=none) -%}
with

documents as (

    select * from {{ ref('documents') }}
    {% if among %}where {{ among }}{% endif %}

),

made as (

    select distinct content_hash from {{ made }}
    {% if condition %}where {{ condition }}{% endif %}

),

-- Nothing could be made of it, and nothing will until it says something else.
refusals as (

    select distinct content_hash from {{ source('ai_memory', 'refusals') }}
    where kind = '{{ kind }}' and {{ is_of_model('model_version', model) }}

)

select
    documents.document_id,
    documents.document_type,
    documents.content_hash,
    documents.title,
    documents.document_text,
    documents.structure,
    '{{ var(model) }}' as model_slug,
    documents.characters
from documents
left join made on made.content_hash = documents.content_hash
left join refusals on refusals.content_hash = documents.content_hash
where made.content_hash is null and refusals.content_hash is null
{%- endmacro %}
