-- What somebody who knows DuckDB would write for the charter of the demonstration school: minutes of
-- each device per published zone, in all and for each of the four uses. Same columns, same rows as
-- `analyzer.activity` for T1 and T6; only the tables of names come from outside.
WITH seen AS (
  SELECT flow, transport, server_port, age_s, down_bytes, age_s > 0 AND end_reason IS NULL AS entire,
    transport = 'tcp' AND active >= 50 AND down_bytes BETWEEN 180000 AND 2700000
      AND up_bytes * 10 <= down_bytes AND sumsq * active <= 2 * squared AS steady,
    server_port IN (80, 443, 8000, 8080, 8443) AND down_bytes >= 2700000 AND up_bytes * 10 <= down_bytes
      AND peak * 20 >= down_bytes AND 2.5::DOUBLE * sumsq <= squared AND squared <= 35 * sumsq AS bursts,
    transport = 'udp' AND server_port NOT IN (500, 1194, 4500, 51820) AND active >= 50
      AND least(up_packets, down_packets) >= 600
      AND greatest(up_packets, down_packets) <= 8 * least(up_packets, down_packets)
      AND least(up_bytes, down_bytes) >= CASE WHEN app IN ('stun', 'dtls', 'rtp') THEN 150000 ELSE 1200000 END
      AND up_bytes BETWEEN 85 * up_packets AND 1200 * up_packets
      AND down_bytes BETWEEN 85 * down_packets AND 1200 * down_packets AND sumsq * active <= 2 * squared AS talk,
    server_port IN (80, 443, 7680, 8000, 8080, 8443, 8530, 8531) AND down_bytes >= 2000000
      AND down_bytes >= 400000 * active AND up_bytes * 10 <= down_bytes
      AND (active >= 55 OR NOT (age_s > 0 AND end_reason IS NULL)) AND sumsq * active <= 2.5::DOUBLE * squared AS flowing
  FROM (
    SELECT flow, transport, server_port, app, up_bytes, down_bytes, up_packets, down_packets,
      active_s::BIGINT AS active, age_s, end_reason, down_peak_bytes_s::BIGINT AS peak,
      down_sumsq_bytes_s::DOUBLE AS sumsq, down_bytes::DOUBLE * down_bytes::DOUBLE AS squared
    FROM slices
    WHERE device IS NOT NULL AND down_bytes > 0 AND site IS NULL AND active_s > 0
      AND up_bytes + down_bytes >= 180000
  )
), flows AS (
  SELECT flow, CASE
      WHEN count_if(talk) >= 2 THEN 'call'
      WHEN count_if(steady AND age_s >= 120) > 0
        AND count_if(entire AND NOT steady) * 5 <= count_if(steady) + count_if(entire AND NOT steady)
        AND coalesce(max(down_bytes) FILTER (steady AND entire), 0)
          <= 1.5::DOUBLE * coalesce(min(down_bytes) FILTER (steady AND entire), 0) THEN 'web_radio'
      WHEN count_if(bursts AND entire) >= 3
        AND count_if(entire AND NOT bursts) * 3 <= count_if(bursts AND entire)
        AND max(age_s) FILTER (bursts AND entire) - min(age_s) FILTER (bursts AND entire)
          <= 80::DOUBLE * (count_if(bursts AND entire) - 1)
        AND max(down_bytes) FILTER (bursts AND entire) <= 3 * min(down_bytes) FILTER (bursts AND entire)
        THEN 'video_streaming'
      WHEN count_if(entire AND NOT flowing) * 4 > count_if(flowing) THEN NULL
      WHEN bool_or(transport = 'tcp' AND server_port IN (80, 7680, 8530, 8531))
        AND sum(down_bytes) FILTER (flowing) >= 5000000 THEN 'software_update'
      WHEN sum(down_bytes) FILTER (flowing) >= 50000000 THEN 'bulk'
    END AS looks
  FROM seen GROUP BY flow
), strangers AS (
  SELECT device, minute, server_port,
    down_bytes >= 100000 AND down_bytes >= 600 * down_packets AS brings,
    up_bytes >= 100000 AND up_bytes >= 600 * up_packets AS sends
  FROM slices
  WHERE device IS NOT NULL AND down_bytes > 0 AND site IS NULL AND app IS NULL AND transport IN ('tcp', 'udp') AND server_port >= 1024
    AND server_port NOT IN (8000, 8080, 8443) AND up_bytes > 0
    AND (up_bytes + down_bytes < 100000 OR brings OR sends)
), marks AS (
  SELECT DISTINCT device, epoch(minute)::BIGINT // 600 AS ten FROM slices
  WHERE device IS NOT NULL AND down_bytes > 0 AND app LIKE 'bittorrent%'
), peers AS (
  SELECT p.*, m.ten IS NOT NULL AS mark FROM (
    SELECT device, minute, count(*) >= 12 AND count(DISTINCT server_port) >= 8 AS fan,
      count_if(brings) >= 2 AND bool_or(sends) AS exchange
    FROM strangers GROUP BY device, minute
  ) p LEFT JOIN marks m ON p.device = m.device AND epoch(p.minute)::BIGINT // 600 = m.ten
), accused AS (
  SELECT device, minute, fan AND (exchange OR mark) AS every FROM peers WHERE mark OR (fan AND exchange)
), named AS (
  SELECT
    s.device, s.minute, z.place, z.kind, m.period, m.link_state,
    s.up_bytes + s.down_bytes AS octets,
    CASE
      WHEN s.site IS NOT NULL AND k.category IS NOT NULL THEN k.category
      WHEN l.category IS NOT NULL THEN l.category
      WHEN a.category IS NOT NULL THEN a.category
      WHEN s.site IS NOT NULL THEN 'unknown'
      WHEN s.transport = 'udp' AND s.server_port IN (53, 123) THEN 'ntp_pki_dns'
      WHEN c.device IS NOT NULL AND s.app IS NULL AND s.transport IN ('tcp', 'udp') AND s.server_port >= 1024
        AND s.server_port NOT IN (8000, 8080, 8443) AND s.up_bytes > 0
        AND ((s.down_bytes >= 100000 AND s.down_bytes >= 600 * s.down_packets)
          OR (s.up_bytes >= 100000 AND s.up_bytes >= 600 * s.up_packets)
          OR (c.every AND s.up_bytes + s.down_bytes < 100000))
        THEN 'accused'
      ELSE coalesce(f.looks, 'unknown')
    END AS category,
    CASE
      WHEN (s.site IS NOT NULL AND k.category IS NOT NULL) OR (l.category IS NULL AND a.category IS NULL)
        THEN s.site IS NOT NULL AND s.site_source IN ('tls_sni', 'quic_sni', 'http_host', 'proxy_connect') AND NOT s.ech
      ELSE l.category IS NULL
    END AS strong
  FROM slices s
  JOIN minutes m ON s.minute = m.minute
  LEFT JOIN zones z ON s.zone = z.zone
  LEFT JOIN catalogue k ON s.site = k.suffix
  LEFT JOIN lists l ON s.list_category = l.list
  LEFT JOIN apps a ON s.app = a.app
  LEFT JOIN flows f ON s.flow = f.flow
  LEFT JOIN accused c ON s.device = c.device AND s.minute = c.minute
  WHERE s.device IS NOT NULL AND s.down_bytes > 0
), judged AS (
  SELECT device, minute, place,
    CASE
      WHEN category = 'accused' THEN 3
      WHEN strong AND category IN ('p2p', 'adult', 'gambling', 'dating', 'crypto_mining') THEN 3
      WHEN strong AND category = 'vpn_proxy'
        AND kind IN ('classroom', 'library', 'student_life', 'boarding', 'wifi', 'guest') THEN 3
      WHEN category IN ('p2p', 'vpn_proxy', 'adult', 'gambling', 'dating', 'crypto_mining',
        'doh_resolver', 'homework_cheating') THEN 0
      WHEN category IN ('conferencing', 'call') AND kind = 'boarding' AND period IN ('evening', 'night', 'closed') THEN 2
      WHEN category IN ('ent', 'school_life', 'assessment', 'resource', 'textbook', 'tool', 'collaborative',
        'orientation', 'communication', 'conferencing', 'administration') THEN 1
      WHEN category IN ('os_update', 'software_update', 'antivirus_update', 'ntp_pki_dns', 'ads_tracking',
        'speedtest_iot', 'cdn_shared', 'search', 'unknown') THEN 0
      WHEN category = 'ai_assistant' AND kind IN ('classroom', 'library') AND period = 'lesson' THEN 0
      WHEN category = 'remote_control' AND kind IN ('office', 'server') THEN 0
      WHEN kind = 'boarding' AND period = 'evening' AND link_state IN ('calm', 'busy')
        AND category IN ('video_streaming', 'music_streaming', 'web_radio', 'games', 'social_network',
          'messaging', 'webmail', 'file_hosting', 'shopping', 'press', 'forum', 'sports', 'ai_assistant') THEN 2
      WHEN category IN ('web_radio', 'music_streaming') AND link_state IN ('busy', 'saturated') THEN 4
      WHEN category = 'video_streaming' AND period = 'lesson' AND link_state IN ('busy', 'saturated') THEN 4
      WHEN category = 'video_streaming' AND link_state = 'saturated' THEN 4
      WHEN category IN ('games', 'file_hosting', 'bulk') AND link_state IN ('busy', 'saturated')
        AND octets >= 20000000 THEN 4
      WHEN category IN ('social_network', 'messaging', 'webmail', 'shopping', 'games', 'video_streaming',
        'music_streaming', 'web_radio', 'press', 'forum', 'sports', 'file_hosting', 'ai_assistant') THEN 2
      ELSE 0
    END AS verdict
  FROM named
), by_minute AS (
  SELECT device, place, minute,
    bool_or(verdict = 1) AS use1, bool_or(verdict = 2) AS use2,
    bool_or(verdict = 3) AS use3, bool_or(verdict = 4) AS use4
  FROM judged GROUP BY device, place, minute
)
SELECT device, place, count(*), sum(use1::INT), sum(use2::INT), sum(use3::INT), sum(use4::INT)
FROM by_minute GROUP BY device, place
