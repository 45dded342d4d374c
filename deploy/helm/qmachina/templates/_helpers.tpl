{{- /*
Who talks to whom. Environment and network policies both follow from it; frontend reaches the gateway by nginx.conf.
*/ -}}
{{- define "qm.uses" -}}
registry: []
replay: [nats]
engine: [nats, redis]
gateway: [nats, redis, registry, harness]
harness: [nats, registry, mlflow]
harness-worker: [nats, registry, mlflow]
frontend: [gateway]
sample: [registry]
{{- end }}

{{- define "qm.ports" -}}
nats: 4222
redis: 6379
mlflow: 5000
{{- range $name, $service := .Values.services }}
{{ $name }}: {{ $service.port }}
{{- end }}
{{- end }}

{{- /* list root component */ -}}
{{- define "qm.labels" -}}
{{- $root := index . 0 -}}
{{ include "qm.selector" . }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- end }}

{{- /* list root component */ -}}
{{- define "qm.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: qmachina
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- /* list root image-name */ -}}
{{- define "qm.image" -}}
{{- $root := index . 0 -}}
{{- $image := index $root.Values.images (index . 1) -}}
{{ $image.repository }}:{{ $image.tag | default $root.Chart.AppVersion }}
{{- end }}

{{- define "qm.secret" -}}
{{ .Values.auth.existingSecret | default (printf "%s-auth" .Release.Name) }}
{{- end }}

{{- define "qm.lakeClaim" -}}
{{ .Values.lake.existingClaim | default (printf "%s-lake" .Release.Name) }}
{{- end }}

{{- /* "true" where the registry's database is elsewhere, empty where it is SQLite on a volume: one writer, ever. */ -}}
{{- define "qm.registryIsExternal" -}}
{{- if or .Values.registry.external .Values.registry.databaseUrl }}true{{ end }}
{{- end }}

{{- /*
list root user. Service links are off: Kubernetes would set QM_GATEWAY_PORT=tcp://... for a release that is called qm.
*/ -}}
{{- define "qm.pod" -}}
{{- $root := index . 0 -}}
{{- $user := index . 1 -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ $user }}
  runAsGroup: {{ $user }}
  fsGroup: {{ $user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "qm.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* list root NAME key: an environment variable out of the secret */ -}}
{{- define "qm.fromSecret" -}}
- name: {{ index . 1 }}
  valueFrom: { secretKeyRef: { name: {{ include "qm.secret" (index . 0) }}, key: {{ index . 2 }} } }
{{- end }}

{{- /* The token that services show each other and ask their clients for; none where the secret has none. */ -}}
{{- define "qm.token" -}}
- name: QM_TOKEN
  valueFrom: { secretKeyRef: { name: {{ include "qm.secret" . }}, key: token, optional: true } }
{{- end }}

{{- /* list root component: what the Python service is told. Passwords come first, the URLs are made of them. */ -}}
{{- define "qm.environment" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $release := $root.Release.Name -}}
{{- $service := index $root.Values.services $name -}}
{{- $uses := index (include "qm.uses" $root | fromYaml) $name -}}
{{ include "qm.token" $root }}
{{- if has "nats" $uses }}
{{ include "qm.fromSecret" (list $root "NATS_USER" "nats-user") }}
{{ include "qm.fromSecret" (list $root "NATS_PASSWORD" "nats-password") }}
- { name: QM_NATS_URL, value: "nats://$(NATS_USER):$(NATS_PASSWORD)@{{ $release }}-nats:4222" }
{{- end }}
{{- if has "redis" $uses }}
{{ include "qm.fromSecret" (list $root "REDIS_PASSWORD" "redis-password") }}
- { name: QM_REDIS_URL, value: "redis://:$(REDIS_PASSWORD)@{{ $release }}-redis:6379/0" }
{{- end }}
{{- range list "registry" "harness" }}
{{- if has . $uses }}
- { name: QM_{{ upper . }}_ENDPOINT, value: "http://{{ $release }}-{{ . }}:{{ (index $root.Values.services .).port }}" }
{{- end }}
{{- end }}
{{- if has "mlflow" $uses }}
- { name: MLFLOW_TRACKING_URI, value: "http://{{ $release }}-mlflow:5000" }
{{- end }}
{{- if eq $name "registry" }}
{{- if include "qm.registryIsExternal" $root }}
{{ include "qm.fromSecret" (list $root "QM_REGISTRY_URL" "registry-url") }}
{{- else }}
- { name: QM_REGISTRY_URL, value: "sqlite:////registry/registry.sqlite" }
{{- end }}
{{- end }}
{{- if has $name (list "registry" "gateway" "harness") }}
- { name: QM_{{ upper $name }}_HOST, value: 0.0.0.0 }
- { name: QM_{{ upper $name }}_PORT, value: {{ $service.port | quote }} }
{{- else }}
- { name: QM_HEALTH_HOST, value: 0.0.0.0 }
- { name: QM_HEALTH_PORT, value: {{ $service.port | quote }} }
{{- end }}
{{- if eq $name "gateway" }}
- { name: QM_TRUSTED_PROXIES, value: {{ join "," $root.Values.cluster.trustedProxies | quote }} }
{{- end }}
{{- range $key, $value := merge (dict) ($service.settings | default dict) $root.Values.settings }}
- { name: {{ $key }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
