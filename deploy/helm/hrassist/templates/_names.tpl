{{- define "hrassist.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "hrassist.labels" -}}
app.kubernetes.io/name: hrassist
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "hrassist.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* What every pod of ours is: nobody, with no rights, over a root that is read only. */}}
{{- define "hrassist.pod" -}}
automountServiceAccountToken: false
serviceAccountName: {{ include "hrassist.name" . }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "hrassist.container" -}}
image: {{ include "hrassist.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 10001
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "hrassist.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: data, mountPath: /var/lib/hrassist}
- {name: shm, mountPath: /dev/shm}
{{- if .Values.metrics.enabled }}
- {name: figures, mountPath: /run/figures}
{{- end }}
{{- if .Values.scanner.enabled }}
- {name: scanner, mountPath: /run/clamav}
{{- end }}
{{- end }}

{{- define "hrassist.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 512Mi}
- name: data
  emptyDir: {sizeLimit: 1Gi}
- name: shm
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- if .Values.metrics.enabled }}
# What the processes of this pod count; the container beside them reads it.
- name: figures
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- end }}
{{- if .Values.scanner.enabled }}
- name: scanner
  emptyDir: {sizeLimit: 512Mi}
- name: signatures
  emptyDir: {sizeLimit: 1Gi}
{{- end }}
{{- end }}

{{/* Secrets as files, each under its variable's name: no environment, no `kubectl describe` shows them. */}}
{{- define "hrassist.secretVolume" -}}
- name: {{ .set }}
  secret:
    secretName: {{ .name }}
    defaultMode: 288
{{- end }}

{{/* Beside each process that counts: no other pod can read its files. It has no say in whether the pod is ready. */}}
{{- define "hrassist.figures" -}}
{{- if .Values.metrics.enabled }}
- name: figures
  {{- include "hrassist.container" . | nindent 2 }}
  args: [metrics, --only, processes]
  envFrom:
    - configMapRef: {name: {{ include "hrassist.name" . }}}
  env:
    - {name: CREDENTIALS_DIRECTORY, value: /run/credentials}
  ports:
    - {name: metrics, containerPort: 9108}
  livenessProbe:
    tcpSocket: {port: metrics}
    initialDelaySeconds: 30
    periodSeconds: 30
    failureThreshold: 4
  resources:
    {{- toYaml .Values.metrics.resources | nindent 4 }}
  volumeMounts:
    {{- include "hrassist.mounts" . | nindent 4 }}
    - {name: app, mountPath: /run/credentials/app, readOnly: true}
{{- end }}
{{- end }}

{{- define "hrassist.scanner" -}}
{{- if .Values.scanner.enabled }}
- name: scanner
  image: {{ .Values.scanner.image }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  restartPolicy: Always
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    runAsNonRoot: true
    runAsUser: 10001
    capabilities:
      drop: [ALL]
    seccompProfile:
      type: RuntimeDefault
  volumeMounts:
    - {name: scanner, mountPath: /tmp}
    - {name: signatures, mountPath: /var/lib/clamav}
  startupProbe:
    exec: {command: [clamdcheck.sh]}
    periodSeconds: 10
    failureThreshold: 60
  livenessProbe:
    exec: {command: [clamdcheck.sh]}
    periodSeconds: 60
    timeoutSeconds: 10
  readinessProbe:
    exec: {command: [clamdcheck.sh]}
    periodSeconds: 30
    timeoutSeconds: 10
  resources:
    {{- toYaml .Values.scanner.resources | nindent 4 }}
{{- end }}
{{- end }}
