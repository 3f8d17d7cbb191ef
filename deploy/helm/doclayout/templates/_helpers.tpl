{{/* Names: every object begins with the prefix, as in pp-doclayout-deployment. */}}
{{- define "doclayout.name" -}}{{ printf "%s-%s" .root.Values.namePrefix .of | trunc 63 | trimSuffix "-" }}{{- end }}

{{- define "doclayout.selector" -}}
app.kubernetes.io/name: doclayout
app.kubernetes.io/instance: {{ .Values.namePrefix }}
app.kubernetes.io/component: service
{{- end }}

{{- define "doclayout.labels" -}}
app.kubernetes.io/part-of: doclayout
{{- /* A tag may have 128 characters and end in any of its own; a label has 63, and begins and ends with a letter or digit. */}}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The map `ours` with what `theirs` says, which wins: no key comes twice. null leaves a key out. */}}
{{- define "doclayout.merged" -}}
{{- $all := dict }}
{{- range list .ours .theirs }}
{{- range $key, $value := . }}
{{- if kindIs "invalid" $value }}{{- $_ := unset $all $key }}{{- else }}{{- $_ := set $all $key $value }}{{- end }}
{{- end }}
{{- end }}
{{- with $all }}{{- toYaml . }}{{- end }}
{{- end }}

{{/* A string as it is; a number or a boolean as it was written, without an exponent. */}}
{{- define "doclayout.text" -}}
{{- if kindIs "string" . }}{{- . }}{{- else }}{{- toJson . }}{{- end }}
{{- end }}

{{- define "doclayout.serviceLabels" -}}
{{ include "doclayout.selector" . }}
{{ include "doclayout.labels" . }}
{{- end }}

{{- define "doclayout.image" -}}
{{- if .Values.image.digest -}}
{{ printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else -}}
{{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end -}}
{{- end }}

{{/* Of every pod that runs the image; nothing where none is named. */}}
{{- define "doclayout.pullSecrets" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "doclayout.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "doclayout.name" (dict "root" . "of" "service-account")) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end }}

{{- define "doclayout.modelsClaim" -}}
{{ .Values.model.pvc.existingClaim | default (include "doclayout.name" (dict "root" . "of" "models-pvc")) }}
{{- end }}

{{/* What restricted Pod Security wants of a pod, and of each container. */}}
{{- define "doclayout.podSecurity" -}}
runAsNonRoot: true
{{- with include "doclayout.merged" (dict "ours" dict "theirs" .Values.podSecurityContext) }}{{- . | nindent 0 }}{{- end }}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "doclayout.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* What callers may ask of the API, by the type of the path. /metrics, /deep-health, /startupz and /admin are the operator's. */}}
{{- define "doclayout.apiPaths" -}}
Exact: [/analyze, /capacity, /version, /openapi.json]
Prefix: [/v2, /jobs, /docs]
{{- end }}

{{/* The model as the service is told of it; empty for the one that ships. */}}
{{- define "doclayout.modelPath" -}}
{{- if has .Values.model.source (list "pvc" "image") -}}
{{ .Values.model.path }}
{{- else if eq .Values.model.source "pull" -}}
{{ .Values.model.name }}
{{- end -}}
{{- end }}

{{- define "doclayout.usesModelsVolume" -}}
{{- if has .Values.model.source (list "pvc" "pull") }}yes{{ end -}}
{{- end }}

{{/* A quantity of Kubernetes, as a string or a number, as a decimal number: 800m is 0.8, and 1Ki is 1024. */}}
{{- define "doclayout.decimal" -}}
{{- $text := include "doclayout.text" . }}
{{- $number := regexFind "^[0-9.]+" $text }}
{{- $units := dict "" 1.0 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 }}
{{- $_ := merge $units (dict "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0) }}
{{- mulf (float64 $number) (get $units (trimPrefix $number $text) | default 0.0) | toJson }}
{{- end }}

{{/* What the pods that infer have in common: the service's, the bulk Job's and the workers'. */}}
{{- define "doclayout.device" -}}{{ .Values.service.device | default .Values.profile }}{{- end }}

{{- define "doclayout.nodes" -}}
{{- $gpu := ternary .Values.gpu.nodeSelector dict (eq .Values.profile "gpu") }}
{{- with include "doclayout.merged" (dict "ours" $gpu "theirs" .Values.nodeSelector) -}}
nodeSelector: {{- . | nindent 2 }}
{{ end -}}
tolerations:
  # A node that is lost is given up sooner than Kubernetes does by itself.
  {{- range $taint := list "not-ready" "unreachable" }}
  - key: node.kubernetes.io/{{ $taint }}
    operator: Exists
    effect: NoExecute
    tolerationSeconds: {{ $.Values.lostNodeSeconds }}
  {{- end }}
  {{- if eq .Values.profile "gpu" }}
  {{- with .Values.gpu.tolerations }}{{- toYaml . | nindent 2 }}{{- end }}
  {{- end }}
  {{- with .Values.tolerations }}{{- toYaml . | nindent 2 }}{{- end }}
{{- end }}

{{- define "doclayout.resources" -}}
{{- $resources := deepCopy (.Values.resources | default dict) }}
{{- if eq .Values.profile "gpu" }}
{{- $limits := merge (dict "nvidia.com/gpu" .Values.gpu.count) ($resources.limits | default dict) }}
{{- $_ := set $resources "limits" $limits }}
{{- end }}
{{- toYaml $resources }}
{{- end }}

{{/* service.env, of every pod that infers. Kubernetes takes strings only, where people write 4 or true. */}}
{{- define "doclayout.env" -}}
{{- range .Values.service.env }}
{{- $entry := deepCopy . }}
{{- if hasKey . "value" }}{{- $_ := set $entry "value" (include "doclayout.text" .value) }}{{- end }}
{{ list $entry | toYaml }}
{{- end }}
{{- end }}

{{/* The job queue: the API puts jobs into it, and the workers take them out. */}}
{{- define "doclayout.jobsEnv" -}}
{{- if .Values.bulk.worker.enabled -}}
- name: JOBS_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.bulk.worker.jobsUrlSecret }}, key: JOBS_URL}}
{{- end }}
{{- end }}

{{- define "doclayout.modelEnv" -}}
{{- with include "doclayout.modelPath" . -}}
- {name: MODEL_PATH, value: {{ . | quote }}}
{{ end -}}
{{- if include "doclayout.usesModelsVolume" . -}}
- {name: XDG_DATA_HOME, value: /models}
{{- end }}
{{- end }}

{{/* The init container that downloads the model, into the volume below. */}}
{{- define "doclayout.modelPull" -}}
{{- if eq .Values.model.source "pull" -}}
- name: model-pull
  image: {{ include "doclayout.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
    - model
    - pull
    - {{ .Values.model.name | quote }}
    {{- with .Values.model.mirror }}
    - --mirror
    - {{ . | quote }}
    {{- end }}
  env:
    - {name: XDG_DATA_HOME, value: /models}
  securityContext: {{- include "doclayout.containerSecurity" . | nindent 4 }}
  resources:
    requests: {cpu: 100m, memory: 64Mi}
    limits: {memory: 256Mi}
  volumeMounts:
    - {name: models, mountPath: /models}
    - {name: tmp, mountPath: /tmp}
{{- end }}
{{- end }}

{{- define "doclayout.modelsVolume" -}}
{{- if include "doclayout.usesModelsVolume" . -}}
- name: models
  {{- if or (eq .Values.model.source "pvc") .Values.model.pvc.create .Values.model.pvc.existingClaim }}
  persistentVolumeClaim: {claimName: {{ include "doclayout.modelsClaim" . }}}
  {{- else }}
  emptyDir: {sizeLimit: 4Gi}
  {{- end }}
{{- end }}
{{- end }}
