{{/* Names: every object begins with the prefix, as in pp-doclayout-deployment. */}}
{{- define "doclayout.name" -}}{{ printf "%s-%s" .root.Values.namePrefix .of | trunc 63 | trimSuffix "-" }}{{- end }}

{{- define "doclayout.selector" -}}
app.kubernetes.io/name: doclayout
app.kubernetes.io/instance: {{ .Values.namePrefix }}
app.kubernetes.io/component: service
{{- end }}

{{- define "doclayout.labels" -}}
app.kubernetes.io/part-of: doclayout
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
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

{{- define "doclayout.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "doclayout.name" (dict "root" . "of" "service-account")) }}
{{- end }}

{{- define "doclayout.modelsClaim" -}}
{{ .Values.model.pvc.existingClaim | default (include "doclayout.name" (dict "root" . "of" "models-pvc")) }}
{{- end }}

{{/* What restricted Pod Security wants of a pod, and of each container. */}}
{{- define "doclayout.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "doclayout.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
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

{{/* A quantity of Kubernetes as a decimal number: 800m is 0.8. */}}
{{- define "doclayout.decimal" -}}
{{- if hasSuffix "m" . -}}{{ divf (trimSuffix "m" . | float64) 1000.0 }}{{- else -}}{{ . }}{{- end -}}
{{- end }}
