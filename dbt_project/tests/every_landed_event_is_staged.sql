-- Streams whose distinct landed events and staged events differ.
select *
from {{ ref('completeness') }}
where landed != staged
