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

{{/* What every pod of ours may write to: gone with the pod. */}}
{{- define "hrassist.ownMounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: data, mountPath: /var/lib/hrassist}
- {name: shm, mountPath: /dev/shm}
{{- end }}

{{- define "hrassist.ownVolumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 512Mi}
- name: data
  emptyDir: {sizeLimit: 1Gi}
- name: shm
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- end }}

{{- define "hrassist.mounts" -}}
{{ include "hrassist.ownMounts" . }}
{{- if .Values.metrics.enabled }}
- {name: figures, mountPath: /run/figures}
{{- end }}
{{- if .Values.scanner.enabled }}
- {name: scanner, mountPath: /run/clamav}
{{- end }}
{{- end }}

{{- define "hrassist.volumes" -}}
{{ include "hrassist.ownVolumes" . }}
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

{{/* Of a pod without a scanner beside it: whom it cannot ask it must not miss. */}}
{{- define "hrassist.unscanned" -}}
{{- if .Values.scanner.enabled }}
- {name: HRASSIST_CLAMD_SOCKET, value: ""}
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

{{/* Where backups lie and how they are read: of the pods that make them, judge them and look at them, and of no other. */}}
{{- define "hrassist.places" -}}
- {name: HRASSIST_BACKUP_KEY_FILE, value: /run/credentials/backup/backup.key}
{{ include "hrassist.where" . }}
{{- end }}

{{/* Where they lie alone, for web too: it reads there for the page of operators and has no key (docs/adr/0018). */}}
{{- define "hrassist.where" -}}
- {name: HRASSIST_BACKUP_ENGINE, value: {{ .Values.backup.engine }}}
{{- range $label, $place := dict "A" .Values.backup.a "B" .Values.backup.b }}
{{- if $place.where }}
- {name: HRASSIST_BACKUP_{{ $label }}, value: {{ $place.where | quote }}}
- {name: HRASSIST_BACKUP_{{ $label }}_ENDPOINT_URL, value: {{ $place.endpoint | quote }}}
- {name: HRASSIST_BACKUP_{{ $label }}_REGION, value: {{ $place.region | quote }}}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.backup.settings }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{/* PostgreSQL's own programs: those of our image speak no TLS, which a server elsewhere wants, and they must not be older than it. */}}
{{- define "hrassist.programs" -}}
- name: programs
  image: {{ .Values.backup.programs.image }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [sh, -euc, {{ .Files.Get "files/programs" | toJson }}]
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    runAsNonRoot: true
    runAsUser: 10001
    capabilities:
      drop: [ALL]
    seccompProfile:
      type: RuntimeDefault
  resources:
    requests: {cpu: 50m, memory: 64Mi}
    limits: {memory: 256Mi}
  volumeMounts:
    - {name: programs, mountPath: /programs}
{{- end }}

{{/*
Work by the clock. `name`, `command` and `does` (its own values) say what; `sets` which secrets it has besides those of the
application, `places` whether it goes where backups are, `programs` whether PostgreSQL's own do its work.
*/}}
{{- define "hrassist.job" -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  # A CronJob's name has 52 characters at most.
  name: {{ include "hrassist.name" .root | trunc 36 | trimSuffix "-" }}-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "hrassist.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .name }}
spec:
  schedule: {{ .does.schedule | quote }}
  timeZone: {{ .root.Values.jobs.timeZone | quote }}
  suspend: {{ .root.Values.jobs.suspend }}
  # Two of a kind would do the same work twice, and wait for each other.
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {{ .does.late }}
  successfulJobsHistoryLimit: {{ .root.Values.jobs.history.succeeded }}
  failedJobsHistoryLimit: {{ .root.Values.jobs.history.failed }}
  jobTemplate:
    metadata:
      labels:
        {{- include "hrassist.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .name }}
    spec:
      backoffLimit: {{ .does.retries }}
      activeDeadlineSeconds: {{ .does.deadline }}
      podFailurePolicy:
        rules:
          # A node that is emptied is no failure of the work: it begins again on another.
          - action: Ignore
            onPodConditions:
              - {type: DisruptionTarget, status: "True"}
      template:
        metadata:
          labels:
            app.kubernetes.io/name: hrassist
            app.kubernetes.io/instance: {{ .root.Release.Name }}
            app.kubernetes.io/component: {{ .name }}
        spec:
          {{- include "hrassist.pod" .root | nindent 10 }}
          restartPolicy: Never
          terminationGracePeriodSeconds: 30
          {{- if .programs }}
          initContainers:
            {{- include "hrassist.programs" .root | nindent 12 }}
          {{- end }}
          containers:
            - name: {{ .name }}
              {{- include "hrassist.container" .root | nindent 14 }}
              args: {{ .command | toJson }}
              envFrom:
                - configMapRef: {name: {{ include "hrassist.name" .root }}}
              env:
                - {name: CREDENTIALS_DIRECTORY, value: /run/credentials}
                # What it found out is in the database or in the places: it lives too short to be asked.
                - {name: HRASSIST_METRICS_DIR, value: "off"}
                {{- include "hrassist.unscanned" .root | nindent 16 }}
                {{- if .places }}
                {{- include "hrassist.places" .root | nindent 16 }}
                {{- end }}
                {{- if .programs }}
                - {name: HRASSIST_PG_BIN, value: /programs/bin}
                {{- end }}
              resources:
                {{- toYaml .root.Values.jobs.resources | nindent 16 }}
              volumeMounts:
                {{- include "hrassist.ownMounts" .root | nindent 16 }}
                {{- range $set := prepend .sets "app" }}
                - {name: {{ $set }}, mountPath: /run/credentials/{{ $set }}, readOnly: true}
                {{- end }}
                {{- if .programs }}
                - {name: programs, mountPath: /programs, readOnly: true}
                {{- end }}
                {{- if .claim }}
                - {name: bounces, mountPath: /var/lib/hrassist/bounces}
                {{- end }}
          volumes:
            {{- include "hrassist.ownVolumes" .root | nindent 12 }}
            {{- range $set := prepend .sets "app" }}
            {{- include "hrassist.secretVolume" (dict "set" $set "name" (index $.root.Values.secrets $set)) | nindent 12 }}
            {{- end }}
            {{- if .programs }}
            - name: programs
              emptyDir: {sizeLimit: 128Mi}
            {{- end }}
            {{- with .claim }}
            - name: bounces
              persistentVolumeClaim: {claimName: {{ . }}}
            {{- end }}
{{- end }}
