-- What somebody who knows DuckDB would write for the charter of the demonstration school: minutes of
-- each device per published zone, in all and for each of the four uses. Same columns, same rows as
-- `analyzer.activity` for T1 and T6; only the tables of names come from outside.
WITH named AS (
  SELECT
    s.device, s.minute, z.place, z.kind, m.period, m.link_state,
    s.up_bytes + s.down_bytes AS octets,
    CASE
      WHEN s.site IS NOT NULL AND k.category IS NOT NULL THEN k.category
      WHEN l.category IS NOT NULL THEN l.category
      WHEN a.category IS NOT NULL THEN a.category
      WHEN s.site IS NOT NULL THEN 'unknown'
      WHEN s.transport = 'udp' AND s.server_port IN (53, 123) THEN 'ntp_pki_dns'
      WHEN s.transport = 'tcp' AND s.age_s >= 120 AND s.active_s >= 50
        AND s.down_bytes BETWEEN 180000 AND 2700000 AND s.up_bytes * 10 <= s.down_bytes
        AND s.down_sumsq_bytes_s * s.active_s::DOUBLE <= 2 * s.down_bytes::DOUBLE * s.down_bytes::DOUBLE
        THEN 'web_radio'
      ELSE 'unknown'
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
  WHERE s.device IS NOT NULL AND s.down_bytes > 0
), judged AS (
  SELECT device, minute, place,
    CASE
      WHEN strong AND category IN ('p2p', 'adult', 'gambling', 'dating', 'crypto_mining') THEN 3
      WHEN strong AND category = 'vpn_proxy'
        AND kind IN ('classroom', 'library', 'student_life', 'boarding', 'wifi', 'guest') THEN 3
      WHEN category IN ('p2p', 'vpn_proxy', 'adult', 'gambling', 'dating', 'crypto_mining',
        'doh_resolver', 'homework_cheating') THEN 0
      WHEN category = 'conferencing' AND kind = 'boarding' AND period IN ('evening', 'night', 'closed') THEN 2
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
      WHEN category IN ('games', 'file_hosting') AND link_state IN ('busy', 'saturated')
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
